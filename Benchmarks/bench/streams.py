"""What a worker allocates for streams of HTTP/2: its own, and what nghttp2 and OpenSSL ask for."""

import re
import subprocess
import time

from . import counted, peers, process
from .certificate import Certificate
from .scenarios import SINGLE, Headline, Limit, Metric, Table

_BODY = 1024


def allocations(bench):
    table = Table(
        "Heap allocations of the worker while streams of HTTP/2 come and go",
        [
            Metric("each", "allocations/request", 6),
            Metric("count", "allocations", 0),
            Metric("libraries", "of nghttp2 and OpenSSL/request", 1),
            Metric("requests", "requests", 0),
        ],
        [],
        [],
    )
    if peers.Gatehouse not in bench.classes:
        return table
    with bench.stage() as stage:
        body = stage.folder / "body"
        body.write_bytes(bytes(_BODY))
        certificate = Certificate(stage.folder, SINGLE.host)
        secured = type("SecuredGatehouse", (counted.CountedGatehouse,), {"certificate": certificate})
        clear = type("ClearGatehouse", (counted.CountedGatehouse,), {"command": _with_h2c})
        few, many = ("-c", "8", "-m", "16"), ("-c", "16", "-m", "32")
        cases = {
            "GET over TLS, 8 connections × 16 streams": (secured, few),
            "GET over TLS, 16 × 32": (secured, many),
            "POST of 1 KiB over TLS, 16 × 32": (secured, (*many, "-d", str(body))),
            "GET in the clear, 16 × 32": (clear, many),
        }
        contenders = {kind: stage.peer(kind, [SINGLE]) for kind in (secured, clear)}
        for row, (kind, options) in cases.items():
            table.add(row, _allocations(stage, contenders[kind], options))
            table.expectations.append(Limit("each", 0.0001, row))
    table.headlines.append(Headline("heap allocations a stream of HTTP/2", "each", ("GET over TLS, 16 × 32",)))
    return table


def _with_h2c(self):
    return [*counted.CountedGatehouse.command(self), "--h2c"]


def _allocations(stage, peer, options):
    """What the worker allocates in the middle of a load that has gone on for a while."""
    warm_up, rest = 3, 1
    seconds = stage.bench.seconds
    scheme = "https" if peer.certificate else "http"
    load = subprocess.Popen(
        [
            "taskset", "-c", str(process.LOAD_CORE), "h2load", "-t", "1", "-D", str(round(warm_up + seconds + rest)), *options,
            "--connect-to", f"127.0.0.1:{peer.port}", f"{scheme}://{SINGLE.host}/",
        ],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(warm_up)
    began, own, libraries = time.monotonic(), peer.allocations, peer.library_allocations
    time.sleep(seconds)
    took, own, libraries = time.monotonic() - began, peer.allocations - own, peer.library_allocations - libraries
    text = load.communicate()[0]
    counts = re.search(r"requests: \d+ total, .* (\d+) succeeded, 0 failed, 0 errored", text)
    finished = re.search(r"finished in ([\d.]+)s, ", text)
    if not counts or not finished or not int(counts[1]):
        raise RuntimeError(f"allocations: {text}")
    requests = int(counts[1]) * took / float(finished[1])
    return {"each": own / requests, "count": own, "libraries": libraries / requests, "requests": requests}


SCENARIOS = {"h2-allocations": allocations}
