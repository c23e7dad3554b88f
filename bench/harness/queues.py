"""Post and get without any work, beside crossbeam's channel in the same process."""

from harness import figures
from harness.scheduling import program

THREADS = {1: "one thread, post and get by turns", 4: "2 producers, 2 consumers"}


def measure(*, rounds, seconds, log):
    found = {threads: [] for threads in THREADS}
    for turn in range(rounds):
        for threads in THREADS:
            report = program("queue", seconds, threads=threads, seconds=seconds)
            found[threads].append(report)
            log(f"queue, round {turn + 1}, {threads} threads: port {report['wharf_per_s'] / 1e6:.1f} M/s, "
                f"channel {report['crossbeam_per_s'] / 1e6:.1f} M/s")
    return found


def table(found):
    rows = []
    for threads, reports in found.items():
        ours = [report["wharf_per_s"] for report in reports]
        theirs = [report["crossbeam_per_s"] for report in reports]
        ratios = [one / other for one, other in zip(ours, theirs)]
        rows.append([THREADS[threads], figures.spread(ours, 1, 1e-6), figures.spread(theirs, 1, 1e-6),
                     figures.spread(ratios, 2)])
    return f"Million messages per second.\n\n{figures.table(['', 'port', 'crossbeam-channel', 'ratio'], rows)}"
