"""The echo table: requests per second of the server's CPU time.

The server has CPU 1 for all its threads and the load generator has CPU 0, so the figure is what one core serves,
whatever the number of threads, and the generator's cost is not in it. The ratio is formed within a round, where the
two measurements are neighbours in time.
"""

from harness import figures, machine, servers
from harness.load import load
from harness.rounds import interleaved

SERVER_CPU = 1
LOAD_CPU = 0

SIZES = (64, 4096)
CONNECTIONS = (1, 50, 500)


def measure(fleet, *, sizes, connections, rounds, seconds, log):
    """Returns the table as Markdown and the single reports as a list."""
    machine.need_cpus(SERVER_CPU, LOAD_CPU)
    runs = []
    rows = []
    for size in sizes:
        for count in connections:
            rates = {name: [] for name in fleet.names}
            for turn, name in interleaved(fleet.names, rounds):
                with servers.running(fleet.command(name), SERVER_CPU) as server:
                    report = load(server, connections=count, size=size, seconds=seconds, cpu=LOAD_CPU)
                rate = report["requests"] / report["server_cpu_seconds"]
                rates[name].append(rate)
                runs.append({"server": name, "size": size, "connections": count, "round": turn, **report})
                log(f"{size} bytes, {count} connections, round {turn + 1}, {name}: {rate / 1000:.1f} k")
            rows.append([size, count, *cells(fleet.names, rates)])
    title = (f"Echo: thousand requests per second of server CPU time, server on CPU {SERVER_CPU}, load on CPU "
             f"{LOAD_CPU}; median (min..max) of {rounds} x {seconds:g} s.")
    return f"{title}\n\n{figures.table(head(fleet.names), rows)}", runs


def rivals(names):
    """The servers to form a ratio with, if there is anything to form it of."""
    return [name for name in names if name != servers.SUBJECT] if servers.SUBJECT in names else []


def head(names):
    return ["bytes", "connections", *names, *(f"{servers.SUBJECT} / {rival}" for rival in rivals(names))]


def cells(names, rates):
    absolute = [figures.spread(rates[name], 1, 1e-3) for name in names]
    ratios = [
        figures.spread([ours / theirs for ours, theirs in zip(rates[servers.SUBJECT], rates[rival])], 2)
        for rival in rivals(names)
    ]
    return absolute + ratios
