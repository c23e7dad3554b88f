"""What must stand beside a table for it to mean anything: the machine, the source, and how busy it was."""

import os
import platform
import re
import resource
import subprocess

from harness.servers import BENCH, Failure


class Watch:
    """Observes a measurement from beginning to end."""

    def __init__(self):
        # Before, because a table takes minutes and the tree may have changed when it is done.
        self.commit = commit()
        self.busy, self.stolen, self.total = ticks()
        self.ours = own_seconds()

    def describe(self):
        """One line for the foot of a table."""
        return (f"{len(os.sched_getaffinity(0))} cores of {cpu_model()}, Linux {platform.release()}, loopback; commit "
                f"{self.commit}; meanwhile {self.disturbance()}.")

    def disturbance(self):
        """What was not the measurement, so far."""
        busy, stolen, total = (after - before for after, before in zip(ticks(), (self.busy, self.stolen, self.total)))
        ours = (own_seconds() - self.ours) * os.sysconf("SC_CLK_TCK")
        # Not below zero: the kernel samples the one and measures the other.
        others = max(0, busy - ours)
        return f"others used {share(others, total)} of the CPU time, and the hypervisor took {share(stolen, total)}"


def share(part, total):
    return f"{100 * part / max(1, total):.1f} %"


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        found = re.search(r"model name\s*: (.*)", file.read())
    return found.group(1) if found else platform.machine()


def ticks():
    """Busy, stolen and all CPU time of the machine, in clock ticks."""
    with open("/proc/stat", encoding="utf-8") as file:
        user, nice, system, idle, iowait, irq, softirq, stolen = map(int, file.readline().split()[1:9])
    busy = user + nice + system + irq + softirq
    return busy, stolen, busy + stolen + idle + iowait


def own_seconds():
    """CPU time of this process and of all servers and load generators that have ended."""
    usages = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def commit():
    def git(*arguments):
        done = subprocess.run(["git", "-C", str(BENCH), *arguments], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    name = git("rev-parse", "--short", "HEAD") or "unknown"
    # Of the whole tree: the library is what is measured.
    return name + (" and changes" if git("status", "--porcelain", "--", ":/") else "")


def need_cpus(*wanted):
    missing = set(wanted) - os.sched_getaffinity(0)
    if missing:
        raise Failure(f"this measurement pins to CPU {sorted(missing)}, which this process may not use")


def raise_open_files(needed):
    """Raises the limit of open files, which servers started later inherit: the hard limit too, if that is allowed."""
    soft, hard = resource.prlimit(0, resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        enough = hard if hard == resource.RLIM_INFINITY else max(hard, needed)
        try:
            resource.prlimit(0, resource.RLIMIT_NOFILE, (needed, enough))
        except (ValueError, PermissionError) as error:
            raise Failure(f"{needed} open files are needed, the hard limit is {hard}: {error}") from error
