"""Figures of several rounds as text: the median and what it may be off by."""

import statistics

median = statistics.median


def middle(values, digits=1, scale=1.0):
    """The median alone, where a table has no room for more."""
    return f"{median(values) * scale:.{digits}f}"


def spread(values, digits=1, scale=1.0):
    """`median (min..max)`, or the value alone if there is only one, or a dash if there is none."""
    if not values:
        return "-"
    shown = [f"{value * scale:.{digits}f}" for value in (median(values), min(values), max(values))]
    return shown[0] if len(values) == 1 else f"{shown[0]} ({shown[1]}..{shown[2]})"


def table(head, rows):
    """A Markdown table; its first column is text, the others are numbers."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
