"""The targets, and whether what was measured meets them. A verdict is computed here and nowhere typed."""

from harness import figures, head_of_line, overhead, replacement
from harness.scheduling import PORTS, RIVALS

NOT_MEASURED = "not measured"


def verdict(values, limit, digits, at_least=True):
    """The figure with its spread, and whether its median is on the right side of the limit."""
    if not values:
        return NOT_MEASURED
    middle = figures.median(values)
    met = middle >= limit if at_least else middle <= limit
    return f"{figures.spread(values, digits)} {'met' if met else '**not met**'}"


def of_workloads(runs):
    """One column for each port: ratios formed in each round, then their median against the limit."""
    rates = {rival: figures.median(runs.column("closed", "cpu", rival, "packets_per_s")) for rival in RIVALS}
    best = max(rates, key=rates.get)

    def throughput(workload, rival):
        return lambda variant: runs.ratios("closed", workload, "packets_per_s", variant, rival)

    def tail(workload):
        return lambda variant: runs.ratios("closed", workload, "p999_us", "threads-w", variant)

    rows = [(f"cpu: packets/s / the best rival's ({best}), at least 0.97", throughput("cpu", best), 0.97),
            ("cpu: p99.9 of threads-w / ours, at least 10", tail("cpu"), 10),
            ("mixed: packets/s / threads-n, at least 2.4", throughput("mixed", "threads-n"), 2.4),
            ("mixed: p99.9 of threads-w / ours, at least 2", tail("mixed"), 2),
            ("block: packets/s / threads-n, at least 10", throughput("block", "threads-n"), 10),
            ("block: packets/s / threads-w, at least 0.7", throughput("block", "threads-w"), 0.7)]
    cells = [[text, *(verdict(ratios(variant), limit, 2) for variant in PORTS)] for text, ratios, limit in rows]
    return figures.table(["target, closed loop", *PORTS], cells)


def of_the_rest(replacements, heads, rates, idle):
    """Each argument may be None: not measured."""
    rows = []

    def row(text, values, limit, digits=0, at_least=False):
        rows.append([text, verdict(values, limit, digits, at_least)])

    def replaced(regime, source, key):
        return replacement.column(replacements, regime, source, key) if replacements else []

    for key in ("p50", "p90"):
        row(f"block to replacement, told, {key} us, at most 15", replaced("soon", "told", f"{key}_us"), 15)
        for source in ("perf", "proc"):
            row(f"block to replacement, {source}, soon, {key} us, at most 100",
                replaced("soon", source, f"{key}_us"), 100)
    told = replaced("late", "told", "p50_us")
    # The tick at its longest, and a wake: the median of a replacement that was told of.
    limit = 1000 + (figures.median(told) if told else 0)
    for source in ("perf", "proc"):
        row(f"block to replacement, {source}, late, p90 us, at most 1 ms and a wake ({limit:.0f})",
            replaced("late", source, "p90_us"), limit)
    for name in head_of_line.NOTICING:
        p95 = [run["p95_us"] for run in heads or [] if run["server"] == name]
        row(f"head of line, {name}, one sleeps: p95 of the others us, below 150", p95, 150)
    for count in overhead.CONNECTIONS:
        for mode in overhead.MODES[1:]:
            row(f"echo, {count} connections, {mode} / told, at least 0.98",
                overhead.ratios(rates, count, mode) if rates else [], 0.98, 3, at_least=True)
    for mode in overhead.MODES[1:]:
        row(f"idle server, {mode}: wake-ups per second, none", [idle[mode]] if idle else [], 0, 1)
    return figures.table(["target", "measured"], rows)
