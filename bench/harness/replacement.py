"""From the block of the only running worker to the start of another."""

from harness import figures
from harness.rounds import interleaved
from harness.scheduling import NOT_OFFERED, program

SOURCES = ("none", "told", "perf", "proc")
# How long the handler computes before it blocks, in us: at least, and up to so much more. "soon" is the study's;
# "late" is long enough for a tick that grows to have grown to its longest.
REGIMES = {"soon": (40, 100), "late": (5000, 5000)}


def measure(*, rounds, trials, log):
    """The reports by regime and source."""
    found = {(regime, source): [] for regime in REGIMES for source in SOURCES}
    for turn, source in interleaved(list(SOURCES), rounds):
        for regime, (least, more) in REGIMES.items():
            # A trial is at most two blocks of 5 ms, the computation, and the pauses.
            report = program("replace", trials * 0.03, source=source, trials=trials, compute_us=least,
                             compute_spread_us=more)
            found[regime, source].append(report)
            shown = f"p50 {report['p50_us']:.0f} us, p90 {report['p90_us']:.0f} us" if report else NOT_OFFERED
            log(f"replacement, round {turn + 1}, {source}, {regime}: {shown}")
    return found


def column(found, regime, source, key):
    reports = found.get((regime, source), [])
    return [] if None in reports else [report[key] for report in reports]


def table(found, trials):
    rows = []
    for (regime, source), reports in found.items():
        values = [column(found, regime, source, key) for key in ("p50_us", "p90_us", "p99_us", "early")]
        shown = [figures.spread(value, 0) for value in values] if None not in reports else [NOT_OFFERED, "-", "-", "-"]
        least, more = REGIMES[regime]
        rows.append([source, f"{least}..{least + more}", *shown])
    head = ["source", "computes first, us", "p50 us", "p90 us", "p99 us", "started before the block"]
    return (f"Block to replacement: concurrency 1, 4 workers, one packet waiting, {trials} trials a round; a block "
            f"lasts 5 ms.\n\n{figures.table(head, rows)}")
