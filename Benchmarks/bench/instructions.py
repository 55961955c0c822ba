"""Instructions that Gatehouse spends on a request in user space, counted by valgrind's callgrind: the same on every
machine and in every run to a tenth of a percent, so that what a change costs is seen at once.

Two runs with different numbers of requests are subtracted, which leaves out what starting and ending cost.
"""

import re
import shutil
import socket
import subprocess

from . import peers
from .certificate import Certificate
from .scenarios import SINGLE, Headline, Limit, Metric, Table

# What a request of a route without policies cost before there were policies.
BEFORE_POLICIES = 16_470

FEW, MANY = 1000, 6000


def instructions(bench):
    """A GET over one kept connection, on a route without policies."""
    table = Table(
        "Instructions of a request, route without policies",
        [Metric("each", "instructions/request", 0)],
        [Limit("each", BEFORE_POLICIES * 1.01)],
        [Headline("instructions a request in user space", "each")],
    )
    if not shutil.which("valgrind"):
        return table
    with bench.stage() as stage:
        counts = [_counted(stage, requests) for requests in (FEW, MANY)]
        table.add("gatehouse", {"each": (counts[1] - counts[0]) / (MANY - FEW)})
    return table


SCENARIOS = {"instructions": instructions}


class _Counted(peers.Gatehouse):
    """Runs under callgrind, without the debug information, which valgrind cannot read.

    It is given a certificate, for making one takes as many instructions as chance would have it.
    """

    def write(self, routes, separate_files=False):
        super().write(routes, separate_files)
        (self.manifests / "certificate.yaml").write_text(Certificate(self.folder, SINGLE.host).secret)

    def command(self):
        stripped = self.folder / "gatehouse"
        subprocess.run(["strip", "-g", "-o", str(stripped), str(self.executable)], check=True)
        command = super().command()
        return [
            "valgrind", "--tool=callgrind", f"--callgrind-out-file={self.folder}/calls", str(stripped), *command[1:],
            "--no-watch", "--default-ssl-certificate", "default/certificate",
        ]  # fmt: skip


def _counted(stage, requests):
    peer = stage.peer(_Counted, [SINGLE])
    request = f"GET {SINGLE.path} HTTP/1.1\r\nHost: {SINGLE.host}\r\nUser-Agent: bench\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", peer.port)) as connection, connection.makefile("rb") as answers:
        for _ in range(requests):
            connection.sendall(request)
            _skip_answer(answers)
    peer.process.stop()
    return int(re.search(r"Collected\s*:\s*(\d+)", peer.process.output)[1])


def _skip_answer(answers):
    if b" 200 " not in answers.readline():
        raise RuntimeError("instructions: not served")
    length = 0
    while (line := answers.readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    answers.read(length)
