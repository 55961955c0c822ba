"""What is measured over TLS: requests, handshakes, large bodies, idle connections, and HTTP/2."""

import contextlib
import re
import subprocess
import sys

from . import peers, process
from .certificate import Certificate
from .scenarios import CONNECTIONS, GIGABYTE, PER_GIGABYTE, PER_REQUEST, SINGLE, Goal, Headline, Limit, Metric, Table

_WITH_ENVOY = ("nginx", "haproxy", "envoy")


def https(bench):
    """HTTP/1.1 over TLS 1.3, kept alive."""
    table = Table(
        "HTTPS, 128-byte responses over kept connections",
        PER_REQUEST,
        [Goal("cpu", 0.9, ("nginx", "haproxy"), ("envoy",))],
        [Headline("HTTPS, 128-byte response, CPU µs", "cpu")],
    )
    with bench.stage() as stage:
        contenders = _contenders(bench, stage)
        stage.rounds(
            table, contenders, lambda peer, seconds: _h2load(peer, seconds, 1e6, "--h1", "-c", str(CONNECTIONS))
        )
    return table


def handshakes(bench):
    """Full TLS 1.3 handshakes with an ECDSA P-256 certificate, one after another."""
    metrics = [Metric("cpu", "CPU µs/handshake"), *PER_REQUEST[1:3], Metric("rate", "handshakes/s", 0)]
    table = Table(
        "Full TLS 1.3 handshakes, ECDSA P-256",
        metrics,
        [Goal("cpu", 1 / 0.97, ("nginx",), ("haproxy", "envoy"))],
        [Headline("TLS 1.3 handshake, CPU µs", "cpu")],
    )
    with bench.stage() as stage:
        stage.rounds(table, _contenders(bench, stage), _shake_hands)
    return table


def download(bench):
    """1 MiB over TLS."""
    table = Table(
        "1 MiB responses over TLS",
        PER_GIGABYTE,
        [Goal("cpu", 0.95, ("nginx",), ("haproxy", "envoy", "nginx, large buffers"))],
        [Headline("1 MiB responses over TLS, CPU s/GB", "cpu")],
    )
    unit = GIGABYTE / (1 << 20)
    with bench.stage() as stage:
        contenders = _contenders(bench, stage, peers.NginxLargeBuffers)
        stage.rounds(
            table,
            contenders,
            lambda peer, seconds: _h2load(peer, max(1, seconds), unit, "--h1", "-c", "16", path="/download"),
        )
    return table


def idle(bench):
    """Idle connections over TLS."""
    first, count = 500, 5000
    table = Table(
        f"{count:,} more idle TLS connections beside {first:,}",
        [Metric("memory", "KiB/connection"), Metric("base", "MiB before")],
        [Limit("memory", 14)],
        [Headline("idle TLS connection, KiB", "memory")],
    )
    with bench.stage() as stage:
        for name, peer in _contenders(bench, stage).items():
            with _held(peer, first):
                before = peer.process.resident_bytes()
                with _held(peer, count):
                    after = peer.process.resident_bytes()
            table.add(name, {"memory": (after - before) / count / 1024, "base": before / 2**20})
    return table


def h2(bench):
    """HTTP/2 over TLS: 16 connections with 32 streams each."""
    table = Table(
        "HTTP/2, 128-byte responses, 16 connections × 32 streams",
        PER_REQUEST,
        [Goal("cpu", 0.85, _WITH_ENVOY)],
        [Headline("HTTP/2, 128-byte response, CPU µs", "cpu")],
    )
    with bench.stage() as stage:
        stage.rounds(
            table,
            _contenders(bench, stage),
            lambda peer, seconds: _h2load(peer, seconds, 1e6, "-c", "16", "-m", "32"),
        )
    return table


SCENARIOS = {
    "https": https,
    "handshakes": handshakes,
    "https-download-1m": download,
    "https-idle": idle,
    "h2": h2,
}


def _contenders(bench, stage, *variants):
    certificate = Certificate(stage.folder, SINGLE.host)
    kinds = [*bench.classes, *variants]
    if peers.Envoy not in kinds and peers.Envoy.version():
        kinds.append(peers.Envoy)
    encrypted = [type(f"Encrypted{kind.__name__}", (kind,), {"certificate": certificate}) for kind in kinds]
    return {kind.name: stage.peer(kind, [SINGLE]) for kind in encrypted}


def _h2load(peer, seconds, unit, *options, path="/"):
    command = [
        "h2load", "-t", "1", "-D", str(max(1, round(seconds))), *options,
        "--connect-to", f"127.0.0.1:{peer.port}", f"https://{SINGLE.host}{path}",
    ]  # fmt: skip
    before = peer.process.cpu_time()
    text = _run(command)
    spent = peer.process.cpu_time() - before
    counts = re.search(r"requests: (\d+) total, .* (\d+) succeeded, (\d+) failed", text)
    finished = re.search(r"finished in ([\d.]+)(\w+), ", text)
    if not counts or not finished or not int(counts[2]):
        raise RuntimeError(f"{peer.name}: {text}")
    took = float(finished[1]) * {"s": 1, "ms": 1e-3}[finished[2]]
    return _costs(spent, int(counts[2]) / unit, took) | {"rate": int(counts[2]) / took, "failed": int(counts[3])}


def _shake_hands(peer, seconds):
    command = ["openssl", "s_time", "-connect", f"127.0.0.1:{peer.port}", "-new", "-tls1_3"]
    before = peer.process.cpu_time()
    text = _run([*command, "-time", str(max(1, round(seconds)))])
    spent = peer.process.cpu_time() - before
    found = re.search(r"(\d+) connections in (\d+) real seconds", text)
    if not found or not int(found[1]):
        raise RuntimeError(f"{peer.name}: {text}")
    return _costs(spent, int(found[1]) / 1e6, int(found[2])) | {"rate": int(found[1]) / int(found[2])}


def _costs(spent, amount, seconds):
    clocked = max(spent.user + spent.system, 1e-9)
    return {
        "cpu": spent.total / amount,
        "user": spent.total * spent.user / clocked / amount,
        "system": spent.total * spent.system / clocked / amount,
        "busy": 100 * spent.total / seconds,
    }


def _run(command):
    pinned = ["taskset", "-c", str(process.LOAD_CORE), *command]
    return subprocess.run(pinned, capture_output=True, text=True, timeout=120, check=False).stdout


# Opens connections, makes a request on each and waits until its input ends.
_HOLD = """
import socket, ssl, sys
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
held = []
for _ in range(int(sys.argv[3])):
    plain = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    held.append(context.wrap_socket(plain, server_hostname=sys.argv[2]))
    held[-1].sendall(b"GET / HTTP/1.1\\r\\nHost: " + sys.argv[2].encode() + b"\\r\\n\\r\\n")
    if b" 200 " not in held[-1].recv(4096):
        sys.exit("not served")
print("held", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def _held(peer, count):
    """TLS connections that made one request each and stay."""
    holder = process.Process(
        [sys.executable, "-c", _HOLD, str(peer.port), SINGLE.host, str(count)], process.LOAD_CORE,
        peer.folder / "hold.log", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        if holder.stdout.readline().strip() != b"held":
            raise RuntimeError(f"{peer.name} does not hold {count} connections:\n{holder.output}")
        yield
    finally:
        holder.stdin.close()
        holder.wait(60)
        holder.stdout.close()
