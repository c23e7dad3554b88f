"""The head-of-line table: what the other connections feel while one handler is always asleep.

One connection sends requests that make the handler block for 5 ms, back to back. The others send an ordinary request
after each pause, so that the servers are far from busy and a slow answer means one that was stuck behind the sleeping
handler. (Back to back, the connections that are not stuck would send nearly all requests and hide the stuck ones.)

The server is not pinned: it has two workers and may use both cores, as it would outside a measurement. The load
generator stays on CPU 0, where it uses a small part of it.

Wharf is there twice: with two workers that may both run, like the rivals, and with four of which one may run, which
can only go on because the port notices that its worker sleeps (the handler does not say so): by the best means there
is, and by the one that ordinary users have everywhere.

The bare loop is there twice as well, the second time with nobody asleep: what the host itself takes for a request and its
answer, below which no server gets.
"""

from harness import figures, machine, servers
from harness.load import load
from harness.rounds import interleaved

LOAD_CPU = 0

SIZES = (64,)
CONNECTIONS = (16,)
PAUSE_US = 1000

# Four workers, concurrency one; with the sensing of each.
NOTICING = {"wharf 4:1": "auto", "wharf 4:1 /proc": "syscall"}

# The bare loop alone with the others' requests.
FLOOR = ("raw", "raw, none asleep")


def commands(fleet):
    """The servers of the table by name, in its order."""
    flag = ["--sleep-on-s"]
    found = {name: fleet.command(name, flag, flag) for name in fleet.names}
    if servers.SUBJECT in found:
        for name, sensing in NOTICING.items():
            found[name] = fleet.command(servers.SUBJECT, flag, workers=4, concurrency=1, sensing=sensing)
    if FLOOR[0] in found:
        found[FLOOR[1]] = fleet.command(FLOOR[0], flag, flag)
    return found


def measure(fleet, *, sizes, connections, rounds, seconds, pause, log):
    """Returns the table as Markdown and the single reports as a list."""
    machine.need_cpus(LOAD_CPU)
    runs = []
    rows = []
    paused = ["--pause", str(pause)]
    sleeper = ["--sleep-every", "1"]
    entries = commands(fleet)
    for size in sizes:
        for count in connections:
            reports = {name: [] for name in entries}
            for turn, name in interleaved(list(entries), rounds):
                with servers.running(entries[name]) as server:
                    report = load(server, connections=count, size=size, seconds=seconds, cpu=LOAD_CPU,
                                  options=paused + (sleeper if name != FLOOR[1] else []))
                reports[name].append(report)
                runs.append({"server": name, "size": size, "connections": count, "round": turn, **report})
                log(f"{size} bytes, {count} connections, round {turn + 1}, {name}: p95 {report['p95_us']:.0f} us")
            rows += [[name, size, count, *cells(reports[name])] for name in entries]
    title = (f"One handler asleep: latency of the other connections in us, each pausing {pause} us on average "
             f"between requests; server unpinned, load on CPU {LOAD_CPU}; median (min..max) of {rounds} x "
             f"{seconds:g} s.")
    names = ["server", "bytes", "connections", "p50", "p95", "p99", "p99.9", "max", "slower than 1 ms, %", "sleeps/s"]
    return f"{title}\n\n{figures.table(names, rows)}", runs


def cells(reports):
    def column(key):
        return [report[key] for report in reports]

    latencies = [figures.spread(column(key), 0) for key in ("p50_us", "p95_us", "p99_us", "p999_us", "max_us")]
    sleeps = [report["sleeps"] / report["seconds"] for report in reports]
    return [*latencies, figures.spread(column("slower_than_1ms"), 2, 100), figures.spread(sleeps, 0)]
