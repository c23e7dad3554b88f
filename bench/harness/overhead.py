"""What sensing costs a server that never blocks: busy, and idle.

Busy: requests per second of server CPU time as in the echo table, with sensing and without, in pairs. There are more
workers than may run, packets wait and workers wait: the state in which a port looks.

Idle: context switches of all threads of a server that has answered a request and holds its connection open.
"""

import pathlib
import re
import socket
import time

from harness import echo, figures, machine, servers
from harness.load import load
from harness.rounds import interleaved

CONNECTIONS = (50, 500)
SIZE = 64
WORKERS = 8
# Until a server that was used has come to rest.
SETTLE_SECONDS = 1
# What the load generator does before it measures, by default.
WARMUP_SECONDS = 0.5
# "told" looks at nothing, "auto" at the best there is, "syscall" at what ordinary users have everywhere.
MODES = ("told", "auto", "syscall")


def command(fleet, mode):
    return fleet.command(servers.SUBJECT, workers=WORKERS, sensing=mode)


def measure(fleet, *, rounds, seconds, log):
    """Rates by number of connections and mode."""
    machine.need_cpus(echo.SERVER_CPU, echo.LOAD_CPU)
    rates = {(count, mode): [] for count in CONNECTIONS for mode in MODES}
    rates |= {(*key, figure): [] for key in rates for figure in ("steward", "reads")}
    for count in CONNECTIONS:
        for turn, mode in interleaved(list(MODES), rounds):
            with servers.running(command(fleet, mode), echo.SERVER_CPU) as server:
                report = load(server, connections=count, size=SIZE, seconds=seconds, cpu=echo.LOAD_CPU)
                rates[count, mode, "steward"].append(steward_share(server.pid))
                rates[count, mode, "reads"].append(reads(server.pid) / (report["seconds"] + WARMUP_SECONDS))
            rates[count, mode].append(report["requests"] / report["server_cpu_seconds"])
            log(f"overhead, {count} connections, round {turn + 1}, {mode}: {rates[count, mode][-1] / 1000:.1f} k")
    return rates


def steward_share(pid):
    """The part of the process's CPU time since its start that its steward used."""
    used = {}
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        name = (thread / "comm").read_text(encoding="utf-8").strip()
        used[name] = used.get(name, 0) + int((thread / "schedstat").read_text(encoding="utf-8").split()[0])
    return used["wharf-steward"] / sum(used.values())


def reads(pid):
    """Calls of read and its kin since the start. A server that receives and sends by other calls has them for looks, and a few
    for its start."""
    return int(re.search(r"syscr: (\d+)", pathlib.Path(f"/proc/{pid}/io").read_text(encoding="utf-8"))[1])


def ratios(rates, count, mode):
    """With sensing / without, in each round."""
    return [sensing / told for sensing, told in zip(rates[count, mode], rates[count, "told"])]


def table(rates):
    rows = [[count, *(figures.spread(rates[count, mode], 1, 1e-3) for mode in MODES),
             *(figures.spread(ratios(rates, count, mode), 3) for mode in MODES[1:])] for count in CONNECTIONS]
    head = ["connections", *MODES, *(f"{mode} / told" for mode in MODES[1:])]
    costs = [[count, *(figures.spread(rates[count, mode, "steward"], 2, 100) for mode in MODES),
              *(figures.spread(rates[count, mode, "reads"], 0) for mode in MODES)] for count in CONNECTIONS]
    of_what = ["connections", *(f"steward, {mode}, %" for mode in MODES), *(f"reads/s, {mode}" for mode in MODES)]
    return (f"Echo, {SIZE} bytes, {WORKERS} workers, concurrency 2: thousand requests per second of server CPU time.\n"
            f"\n{figures.table(head, rows)}\n\nWhat looking is made of: the steward's part of the server's CPU time, and calls of read "
            f"per second, which are the looks at /proc and a few at the start.\n\n{figures.table(of_what, costs)}")


def idle(fleet, *, seconds, log):
    """Context switches per second of an idle server, by mode."""
    found = {}
    for mode in MODES:
        with servers.running(command(fleet, mode)) as server:
            host, port = server.address.rsplit(":", 1)
            with socket.create_connection((host, int(port)), timeout=5) as client:
                client.sendall(b"x")
                if client.recv(1) != b"x":
                    raise servers.Failure("the server did not answer")
                time.sleep(SETTLE_SECONDS)
                before = switches(server.pid)
                time.sleep(seconds)
                found[mode] = (switches(server.pid) - before) / seconds
        log(f"idle, {mode}: {found[mode]:g} context switches per second")
    return found


def switches(pid):
    texts = [path.read_text(encoding="utf-8") for path in pathlib.Path(f"/proc/{pid}/task").glob("*/status")]
    return sum(int(count) for text in texts for count in re.findall(r"voluntary_ctxt_switches:\s+(\d+)", text))


def idle_table(found, seconds):
    head = ["sensing", "context switches per second, all threads"]
    return (f"An idle server with one open connection, {seconds:g} s.\n\n"
            + figures.table(head, [[mode, f"{rate:g}"] for mode, rate in found.items()]))
