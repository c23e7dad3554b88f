"""Which plots there are."""

from harness import replacement
from harness.plots import Panel, draw
from harness.scheduling import VARIANTS, WORKLOADS

QUANTILES = {"p50": "p50_us", "p99": "p99_us", "p99.9": "p999_us"}


def all_of(runs, replacements):
    """The files by name; either argument may be None."""
    files = {}
    if runs:
        files["throughput.svg"] = draw(
            "Closed loop: packets per second (median, least, greatest)",
            [Panel(workload, rates(runs, workload)) for workload in WORKLOADS], unit="thousand packets/s")
        for loop in ("closed", "open"):
            files[f"latency-{loop}.svg"] = draw(
                f"{loop.capitalize()} loop: from queueing to the end of the handler",
                [Panel(workload, latencies(runs, loop, workload)) for workload in WORKLOADS])
    if replacements:
        files["replacement.svg"] = draw(
            "From a block to the replacement",
            [Panel(f"computes {least}..{least + more} us first", replaced(replacements, regime))
             for regime, (least, more) in replacement.REGIMES.items()])
    return {name: content for name, content in files.items() if content}


def rates(runs, workload):
    def thousands(variant):
        return [rate / 1000 for rate in runs.column("closed", workload, variant, "packets_per_s")]
    return {variant: {"packets/s": thousands(variant)} for variant in VARIANTS}


def latencies(runs, loop, workload):
    return {variant: {name: runs.column(loop, workload, variant, key) for name, key in QUANTILES.items()}
            for variant in VARIANTS}


def replaced(found, regime):
    return {source: {name: replacement.column(found, regime, source, f"{name}_us") for name in ("p50", "p90")}
            for source in replacement.SOURCES}
