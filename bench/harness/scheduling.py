"""The three workloads on every pool: what is run, and the tables of it.

Every run is a fresh process of the program `scheduling`; one that says that this build or this kernel does not offer
its variant leaves a gap in the table and stops nothing.
"""

import json
import subprocess

from harness import figures
from harness.rounds import interleaved
from harness.servers import RELEASE, Failure

PORTS = ("port-told", "port-perf", "port-proc", "port-told+perf", "port-told+proc")
RIVALS = ("threads-n", "threads-w", "tokio", "tokio-spawn-blocking")
VARIANTS = (*PORTS, *RIVALS)
# With the rates of the open loop, in packets per second.
WORKLOADS = {"cpu": 30_000, "mixed": 15_000, "block": 8_000}
LOOPS = ("closed", "open")

UNAVAILABLE = 3
# What a run may take beyond its measured interval: calibration, warm-up, the end of blocked handlers, a busy machine.
GRACE_SECONDS = 60

NOT_OFFERED = "not offered"


def program(mode, expected, /, **options):
    """Runs the program once; it is expected to take so many seconds. The report, or None if it cannot do this here."""
    command = [str(RELEASE / "scheduling"), mode]
    for name, value in options.items():
        command += ["--" + name.replace("_", "-"), str(value)]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, timeout=expected + GRACE_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Failure(f"{' '.join(command)} did not end") from error
    if done.returncode == UNAVAILABLE:
        return None
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)} ended with status {done.returncode}")
    report = json.loads(done.stdout)
    if report.get("packets") == 0:
        raise Failure(f"{' '.join(command)}: no packet was handled in time")
    return report


class Runs:
    """The reports of all runs, by loop, workload and variant."""

    def __init__(self):
        self.reports = {}

    def add(self, loop, workload, variant, report):
        self.reports.setdefault((loop, workload, variant), []).append(report)

    def column(self, loop, workload, variant, key):
        """One figure of each round, or an empty list if there is none."""
        reports = self.reports.get((loop, workload, variant), [])
        return [] if None in reports else [report[key] for report in reports]

    def ratios(self, loop, workload, key, above, below):
        """`above` / `below` in each round, or an empty list."""
        pairs = zip(self.column(loop, workload, above, key), self.column(loop, workload, below, key))
        return [dividend / divisor for dividend, divisor in pairs if divisor]

    def singles(self):
        """Every single report, for a file."""
        return [{"loop": loop, "workload": workload, "variant": variant, "round": turn, **(report or {})}
                for (loop, workload, variant), reports in self.reports.items() for turn, report in enumerate(reports)]


def measure(*, rounds, open_rounds, seconds, warmup, rates, log):
    runs = Runs()
    for loop, turns in (("closed", rounds), ("open", open_rounds)):
        # Workloads inside the round: neighbours in time are what a ratio is formed of, and a drift meets all.
        for turn, variant in interleaved(list(VARIANTS), turns):
            for workload in WORKLOADS:
                rate = {"rate": rates[workload]} if loop == "open" else {}
                report = program("run", seconds + warmup, variant=variant, workload=workload, seconds=seconds,
                                 warmup=warmup, **rate)
                runs.add(loop, workload, variant, report)
                shown = f"{report['packets_per_s'] / 1000:.1f} k/s" if report else NOT_OFFERED
                log(f"{loop} loop, round {turn + 1}, {variant}, {workload}: {shown}")
    return runs


def tables(runs, rates):
    return "\n\n".join(table(runs, loop, workload, rates) for loop in LOOPS for workload in WORKLOADS
                       if (loop, workload, VARIANTS[0]) in runs.reports)


def table(runs, loop, workload, rates):
    kind = "256 packets outstanding" if loop == "closed" else f"{rates[workload]} packets/s on average"
    head = ["variant", "k packets/s", "/ threads-n", "/ threads-w", "p50 us", "p90 us", "p99 us", "p99.9 us", "max us",
            "switches per packet", "CPU", "runnable", "looking, % of a CPU", "releases per packet, told / sensed"]
    rows = [[variant, *cells(runs, loop, workload, variant)] for variant in VARIANTS]
    return f"**{workload}, {loop} loop**: {kind}.\n\n{figures.table(head, rows)}"


def cells(runs, loop, workload, variant):
    def column(key):
        return runs.column(loop, workload, variant, key)

    def known(key, digits, scale=1.0):
        values = [value for value in column(key) if value is not None]
        return figures.middle(values, digits, scale) if values else "-"

    if not column("packets"):
        return [NOT_OFFERED] + ["-"] * 12
    seconds = column("seconds")
    ratios = [runs.ratios(loop, workload, "packets_per_s", variant, rival) for rival in ("threads-n", "threads-w")]
    switches = [sum(both) for both in zip(column("voluntary_per_packet"), column("involuntary_per_packet"))]
    # Both as CPUs: seconds of CPU time per second.
    used = [cpu / length for cpu, length in zip(column("cpu_seconds"), seconds)]
    looking = [cpu / length for cpu, length in zip(column("looking_cpu_seconds"), seconds) if cpu is not None]
    return [figures.spread(column("packets_per_s"), 1, 1e-3), *(figures.spread(ratio, 2) for ratio in ratios),
            *(known(key, 0) for key in ("p50_us", "p90_us", "p99_us")), figures.spread(column("p999_us"), 0),
            known("max_us", 0), figures.middle(switches, 2), figures.middle(used, 2), known("runnable", 1),
            figures.middle(looking, 1, 100) if looking else "-",
            " / ".join(known(key, 3) for key in ("told_per_packet", "sensed_per_packet"))]


def saturation(runs, rates):
    """Says, of what was measured, whether the open loop was below saturation for every port."""
    lines = []
    for workload, rate in rates.items():
        sustained = {variant: figures.median(runs.column("closed", workload, variant, "packets_per_s"))
                     for variant in PORTS if runs.column("closed", workload, variant, "packets_per_s")}
        if sustained:
            slowest = min(sustained, key=sustained.get)
            share = rate / sustained[slowest]
            verdict = "below" if share < 1 else "**not below**"
            lines.append(f"{workload}: {rate} packets/s are {100 * share:.0f} % of what the slowest port ({slowest}) "
                         f"sustains, {verdict} saturation.")
    return "\n".join(f"- {line}" for line in lines)


def sampling_cost(runs):
    """CPU time of the measurement's own threads in the closed loop, where they do nothing but sample."""
    shares = [report["bench_cpu_seconds"] / report["seconds"]
              for (loop, _, _), reports in runs.reports.items() if loop == "closed"
              for report in reports if report and report["bench_cpu_seconds"] is not None]
    return f"{figures.spread(shares, 2, 100)} % of one CPU" if shares else "unknown"
