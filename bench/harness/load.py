"""Runs the load generator once and returns its report as a dictionary."""

import json
import subprocess

from harness.servers import RELEASE, Failure

# What a run may take beyond its measured interval: warm-up, connecting, draining, a busy machine.
GRACE_SECONDS = 60


def load(server, *, connections, size, seconds, cpu, options=()):
    """Loads a running server from the given CPU. Wrong or missing answers are a Failure: a server that loses
    requests is not fast."""
    command = ["taskset", "--cpu-list", str(cpu), str(RELEASE / "load"), "--addr", server.address,
               "--connections", str(connections), "--size", str(size), "--seconds", str(seconds),
               *(word for pid in server.pids() for word in ("--cpu-of", str(pid))), *options]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, timeout=seconds + GRACE_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Failure(f"{command} did not end") from error
    server.check()
    if done.returncode != 0:
        raise Failure(f"{command} against {server.process.args} failed: {done.stdout.decode().strip()}")
    report = json.loads(done.stdout)
    if report["requests"] == 0:
        raise Failure(f"{command} against {server.process.args}: no request was answered in time")
    return report
