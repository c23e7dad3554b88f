"""The servers that can be measured: how each is built, started, and stopped.

A server is started anew for each measurement and killed after it, so that none runs beside another and none
inherits another's memory or timers.
"""

import contextlib
import pathlib
import re
import select
import subprocess
import time

BENCH = pathlib.Path(__file__).resolve().parent.parent
MAIN = BENCH.parent
RELEASE = BENCH / "target" / "release"

# In the order of the tables. "win32" is examples/win32/echo.cpp, built by `wharf c++`, and "wine" the same source built
# for Windows and run by Wine; they are measured when asked for.
NAMES = ("raw", "tokio", "asio", "wine", "win32", "wharf")
DEFAULT = ("raw", "tokio", "asio", "wharf")
OWN = "wharf"
# The one that the others are compared with.
SUBJECT = OWN

START_SECONDS = 30


class Failure(Exception):
    """A measurement that cannot be made or would mean nothing; the message is for the person who asked for it."""


def parse_names(text):
    """The value of --only, in the order of the tables."""
    wanted = {name.strip() for name in text.split(",")}
    unknown = wanted - set(NAMES)
    if unknown:
        raise Failure(f"unknown server {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    return [name for name in NAMES if name in wanted]


def add_arguments(parser):
    """The options by which every script chooses its servers."""
    parser.add_argument("--only", metavar="NAME,...", default=",".join(DEFAULT), help="servers (%(default)s; also win32, wine)")
    parser.add_argument("--wharf", metavar="PATH", type=pathlib.Path,
                        help="a wharf command to use instead of building the one of this repository")


class Fleet:
    """The chosen servers, built."""

    def __init__(self, names, wharf=None):
        self.names = names
        self.wharf = (wharf or MAIN / "target" / "release" / "wharf").resolve()
        if {OWN, "win32"} & set(names) and wharf is None:
            cargo(MAIN, "-p", "wharf-cli")
        cargo(BENCH)
        if "asio" in names:
            build(["make", "--silent", "-C", str(BENCH / "rivals" / "asio"), f"OUT={RELEASE / 'rival-asio'}"])
        if OWN in names and not self.wharf.exists():
            raise Failure(f"there is no {self.wharf}")
        source = str(MAIN / "examples" / "win32" / "echo.cpp")
        if "win32" in names:
            build([str(self.wharf), "c++", "-O2", source, "-o", str(RELEASE / "win32-echo")])
        if "wine" in names:
            build(["x86_64-w64-mingw32-g++", "-O2", "-static", source, "-o", str(RELEASE / "win32-echo.exe"), "-lws2_32"])

    def command(self, name, wharf_options=(), rival_options=(), workers=2, concurrency=2, sensing="auto"):
        """The command line of a server; options that only one kind understands are given for each. The rivals have
        two threads. Sensing is chosen as a user would who cannot change the program."""
        if name == "win32":
            return [str(RELEASE / "win32-echo"), "0"]
        if name == "wine":
            return ["env", "WINEDEBUG=-all", "wine", str(RELEASE / "win32-echo.exe"), "0"]
        if name == OWN:
            chosen = ["env", f"WHARF_SENSING={sensing}"]
            fixed = ["echo", "--addr", "127.0.0.1:0", "--workers", str(workers), "--concurrency", str(concurrency)]
            return [*chosen, str(self.wharf), *fixed, *wharf_options]
        return [str(RELEASE / f"rival-{name}"), "--addr", "127.0.0.1:0", *rival_options]


def cargo(directory, *options):
    # The target directory is named so that CARGO_TARGET_DIR cannot send the programs elsewhere; two jobs because
    # the machine of the tables has two cores.
    build(["cargo", "build", "--quiet", "--release", "--locked", "-j2", "--target-dir", str(directory / "target"),
           "--manifest-path", str(directory / "Cargo.toml"), *options])


def build(command):
    if subprocess.run(command, check=False).returncode != 0:
        raise Failure(f"could not build: {' '.join(command)}")


class Running:
    """A server that listens: its process, and where."""

    def __init__(self, process, address):
        self.process = process
        self.pid = process.pid
        self.address = address
        self.killed = False
        self.helper = None

    def pids(self):
        """The processes whose CPU time is the server's."""
        helpers = [] if self.helper is None else subprocess.run(["pidof", *self.helper], stdout=subprocess.PIPE, check=False)
        return [self.pid, *(int(pid) for pid in helpers.stdout.split())] if helpers else [self.pid]

    def check(self):
        """A server that ended by itself during a measurement has spoiled it."""
        if not self.killed and self.process.poll() is not None:
            raise Failure(f"{self.process.args} ended with status {self.process.returncode}")

    def kill(self):
        self.killed = True
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def running(command, cpu=None):
    """Runs a server, on one CPU if that is given (all of its threads: they inherit it), and kills it at the end."""
    # Wine does not start now and then, when its last server has just ended: it gets a second try.
    tries = 2 if "wine" in command else 1
    for left in reversed(range(tries)):
        server = start(command, cpu)
        try:
            server.address = read_address(server.process)
            break
        except Failure:
            server.kill()
            if not left:
                raise
    try:
        yield server
        server.check()
    finally:
        server.kill()
        server.process.stdout.close()


def start(command, cpu):
    wine = "wine" in command
    if wine:
        # The wineserver works for the program: it is to be started by it, on the same CPU.
        subprocess.run(["wineserver", "-k"], check=False)
        subprocess.run(["wineserver", "-w"], check=False)
    pinned = command if cpu is None else ["taskset", "--cpu-list", str(cpu), *command]
    # Should this script be killed, the kernel kills the server. These tools (and env) replace themselves by what
    # they start, so the process id is the server's.
    process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *pinned], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE)
    server = Running(process, None)
    server.helper = ("wineserver", "wineserver64") if wine else None
    return server


def read_address(process):
    """Waits for the line `listening on IP:PORT`, or `listening on port PORT`."""
    text = b""
    end = time.monotonic() + START_SECONDS
    while True:
        found = re.search(rb"listening on (\S+:\d+)\s", text)
        if found:
            return found.group(1).decode()
        found = re.search(rb"listening on port (\d+)\s", text)
        if found:
            return f"127.0.0.1:{found.group(1).decode()}"
        ready, _, _ = select.select([process.stdout], [], [], max(0, end - time.monotonic()))
        chunk = process.stdout.read1(4096) if ready else b""
        if not chunk:
            raise Failure(f"{process.args} did not say where it listens; it said {text!r}")
        text += chunk
