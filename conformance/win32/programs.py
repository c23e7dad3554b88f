"""What the scripts that run the C conformance programs share."""

import concurrent.futures
import os
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
INCLUDE = ROOT / "crates/wharf-win32/include"
TIMEOUT = 60
REPORTED = 66  # the status of a program that a sanitizer has reported


def programs(names, directory=HERE):
    """The sources of a directory, or those of these names."""
    found = sorted(directory.glob("*.c"))
    return [path for path in found if not names or path.stem in names]


def built(paths, compile_one):
    """Each path with what compile_one makes of it. All are compiled first, on every processor: programs run undisturbed."""
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return list(zip(paths, pool.map(compile_one, paths)))


def verdicts(command, environment=None):
    """Item -> "ok" or the lines that tell what failed."""
    # A file, not a pipe: what a program leaves running would keep a pipe open.
    with tempfile.TemporaryFile("w+") as output:
        try:
            status = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, timeout=TIMEOUT, env=environment, check=False).returncode
        except subprocess.TimeoutExpired:
            status = f"none: it did not end in {TIMEOUT} s"
        output.seek(0)
        said = output.read()
    items, lines = {}, []
    for line in said.splitlines():
        word, _, item = line.partition(" ")
        if word in ("ok", "FAIL") and item:
            well = word == "ok" and not any("Sanitizer: " in line for line in lines)
            items[item] = "ok" if well else "\n".join(lines) or "failed"
            lines = []
        else:
            lines.append(line)
    if not isinstance(status, int) or status < 0 or status > 100 or status == REPORTED or not items:
        items["(ends)"] = "\n".join([f"status {status}", *lines[-60:]])
    return items
