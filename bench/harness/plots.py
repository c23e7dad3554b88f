"""Plots as SVG: for each label one line, on it a point for the median of each series and a whisker from the least to
the greatest value. A linear axis begins at zero and has bars too. Panels side by side share the labels, not the scale.
"""

import html
import math
import statistics

ROW = 22
PANEL = 320
LABELS = 170
GAP = 40
TOP = 74
COLOURS = ("#2563a8", "#d97706", "#b91c1c", "#4d7c0f")


class Panel:
    """A title, the unit of its axis, and for each label a dictionary from series to values."""

    def __init__(self, title, rows):
        self.title = title
        self.rows = {label: {name: values for name, values in series.items() if values}
                     for label, series in rows.items()}

    def values(self):
        return [value for series in self.rows.values() for values in series.values() for value in values]


def draw(title, panels, unit=None):
    """The text of an SVG file, or None if there is nothing to show. Without a unit: microseconds, logarithmic."""
    logarithmic = unit is None
    panels = [panel for panel in panels if panel.values()]
    if not panels:
        return None
    labels = list(dict.fromkeys(label for panel in panels for label in panel.rows))
    names = list(dict.fromkeys(name for panel in panels for series in panel.rows.values() for name in series))
    width = LABELS + len(panels) * (PANEL + GAP) + GAP
    height = TOP + ROW * len(labels) + 44
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
             f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
             f'<rect width="{width}" height="{height}" fill="white"/>',
             text(GAP / 2, 22, title, size=15), *legend(names)]
    for at, label in enumerate(labels):
        parts.append(text(LABELS - 8, middle(at) + 4, label, anchor="end"))
    for at, panel in enumerate(panels):
        parts += draw_panel(panel, LABELS + at * (PANEL + GAP), labels, names, unit, logarithmic)
    return "\n".join([*parts, "</svg>"]) + "\n"


def draw_panel(panel, left, labels, names, unit, logarithmic):
    values = panel.values()
    scale, marks = logarithmic_axis(values) if logarithmic else linear_axis(values)
    bottom = TOP + ROW * len(labels)
    parts = [text(left, TOP - 8, panel.title)]
    for mark in marks:
        x = left + PANEL * scale(mark)
        parts += [f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" stroke="#ddd"/>',
                  text(x, bottom + 15, duration(mark) if logarithmic else f"{mark:g}", anchor="middle", size=10)]
    if not logarithmic:
        parts.append(text(left + PANEL / 2, bottom + 32, unit, anchor="middle", size=10))
    for label, series in panel.rows.items():
        for name, found in series.items():
            y, colour = middle(labels.index(label)), COLOURS[names.index(name)]
            if not logarithmic:
                width = PANEL * scale(statistics.median(found))
                parts.append(f'<rect x="{left}" y="{y - 6}" width="{width:.1f}" height="12" fill="{colour}" '
                             'fill-opacity="0.3"/>')
            parts += draw_values(found, left, y, scale, colour)
    return parts


def draw_values(values, left, y, scale, colour):
    low, high = (left + PANEL * scale(value) for value in (min(values), max(values)))
    centre = left + PANEL * scale(statistics.median(values))
    return [f'<line x1="{low:.1f}" y1="{y}" x2="{high:.1f}" y2="{y}" stroke="{colour}" stroke-width="2"/>',
            f'<circle cx="{centre:.1f}" cy="{y}" r="4" fill="{colour}"/>']


def linear_axis(values):
    """From zero to above the greatest value; marks at round numbers."""
    top = max(values) * 1.05 or 1
    step = 10 ** math.floor(math.log10(top))
    step = next(step / part for part in (1, 2, 5, 10) if top / (step / part) >= 4)
    return (lambda value: value / top), [step * count for count in range(int(top / step) + 1)]


def duration(us):
    for name, size in (("s", 1e6), ("ms", 1e3)):
        if us >= size:
            return f"{us / size:g} {name}"
    return f"{us:g} us"


def logarithmic_axis(values):
    """Whole decades; what is not positive lies on the left edge."""
    positive = [value for value in values if value > 0] or [1]
    first = math.floor(math.log10(min(positive)))
    last = max(math.ceil(math.log10(max(positive))), first + 1)
    return ((lambda value: (math.log10(max(value, 10 ** first)) - first) / (last - first)),
            [10 ** decade for decade in range(first, last + 1)])


def legend(names):
    return [part for at, name in enumerate(names) if len(names) > 1
            for part in (f'<circle cx="{LABELS + 90 * at}" cy="42" r="4" fill="{COLOURS[at]}"/>',
                         text(LABELS + 90 * at + 10, 46, name))]


def middle(row):
    return TOP + ROW * row + ROW / 2


def text(x, y, content, anchor="start", size=12):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{html.escape(str(content))}</text>'
