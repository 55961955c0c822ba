"""Processes that the benchmark starts, pins, weighs and ends; never any other."""

import ctypes
import dataclasses
import os
import pathlib
import resource
import signal
import socket
import subprocess

PROXY_CORE = 0
LOAD_CORE = 1

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


@dataclasses.dataclass(frozen=True)
class CPUTime:
    """Seconds of processor time. `total` is exact to the nanosecond; the kernel splits it into `user` and `system` by
    sampling each clock tick, so their ratio needs some seconds of load to settle."""

    total: float
    user: float
    system: float

    def __sub__(self, earlier):
        return CPUTime(self.total - earlier.total, self.user - earlier.user, self.system - earlier.system)


class Process:
    """A running program and all that it forks, pinned to one core."""

    def __init__(self, arguments, core, log, stdin=subprocess.DEVNULL, stdout=None):
        self.name = pathlib.Path(arguments[0]).name
        self._log = log
        with open(log, "ab") as output:
            self._popen = subprocess.Popen(
                arguments,
                stdin=stdin,
                stdout=output if stdout is None else stdout,
                stderr=output,
                preexec_fn=lambda: _prepare(core),
            )

    @property
    def stdin(self):
        return self._popen.stdin

    @property
    def stdout(self):
        return self._popen.stdout

    @property
    def is_running(self):
        return self._popen.poll() is None

    @property
    def output(self):
        """What the program has said so far."""
        return pathlib.Path(self._log).read_text(errors="replace")

    def signal(self, number):
        self._popen.send_signal(number)

    def wait(self, timeout):
        return self._popen.wait(timeout)

    def stop(self):
        if self.is_running:
            self._popen.terminate()
            try:
                self._popen.wait(5)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()

    def cpu_time(self):
        total = user = system = 0
        tick = os.sysconf("SC_CLK_TCK")
        for pid in self._tree():
            try:
                for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                    total += int((task / "schedstat").read_text().split()[0])
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                user, system = user + int(fields[11]), system + int(fields[12])
            except (FileNotFoundError, ProcessLookupError):
                continue
        return CPUTime(total / 1e9, user / tick, system / tick)

    def resident_bytes(self):
        page = os.sysconf("SC_PAGE_SIZE")
        total = 0
        for pid in self._tree():
            try:
                total += int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * page
            except (FileNotFoundError, ProcessLookupError):
                continue
        return total

    def _tree(self):
        pending, found = [self._popen.pid], []
        while pending:
            pid = pending.pop()
            found.append(pid)
            try:
                for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                    pending += map(int, (task / "children").read_text().split())
            except (FileNotFoundError, ProcessLookupError):
                continue
        return found


def _prepare(core):
    os.sched_setaffinity(0, {core})
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
