"""What is measured. Each scenario takes a `Bench` and returns a `Table`: for each row the values of every round."""

import contextlib
import dataclasses
import itertools
import pathlib
import random
import statistics
import tempfile
import time

from . import counted, load, peers, policies, process
from .peers import Route

CONNECTIONS = 64
SINGLE = Route("bench.example", "/")
GIGABYTE = 1_000_000_000


@dataclasses.dataclass
class Metric:
    """A column. `digits` is how many decimals are worth reading."""

    key: str
    title: str
    digits: int = 2


@dataclasses.dataclass
class Goal:
    """What Gatehouse's median of `key` must not exceed: `factor` times the best of the named rows. Its ratio to the
    rows of `beside` is shown, for they are worth knowing, but decides nothing."""

    key: str
    factor: float
    rows: tuple
    beside: tuple = ()
    of: str = "gatehouse"


@dataclasses.dataclass
class Limit:
    """What Gatehouse's median of `key` must not exceed, in the metric's unit."""

    key: str
    value: float
    of: str = "gatehouse"


@dataclasses.dataclass
class Headline:
    """A line of the summary: `key` of one row for each proxy, as Gatehouse, nginx, HAProxy."""

    label: str
    key: str
    rows: tuple = ("gatehouse", "nginx", "haproxy")


@dataclasses.dataclass
class Table:
    title: str
    metrics: list
    expectations: list
    headlines: list
    rows: dict = dataclasses.field(default_factory=dict)

    def add(self, row, values):
        columns = self.rows.setdefault(row, {})
        for metric in self.metrics:
            if metric.key in values:
                columns.setdefault(metric.key, []).append(values[metric.key])


class Bench:
    """The settings of a run and the processes of one scenario, which end with it."""

    def __init__(self, classes, rounds, seconds):
        self.classes = [peer for peer in classes if peer.version()]
        self.rounds = rounds
        self.seconds = seconds

    def classes_and(self, variant):
        """The peers, with `variant` behind the peer that it varies."""
        return [each for kind in self.classes for each in ([kind, variant] if issubclass(variant, kind) else [kind])]

    @contextlib.contextmanager
    def stage(self):
        """A fresh folder with an origin running."""
        with tempfile.TemporaryDirectory(prefix="gatehouse-bench-") as name, contextlib.ExitStack() as stack:
            folder = pathlib.Path(name)
            origin, port = load.start_origin(folder)
            stack.callback(origin.stop)
            yield Stage(self, folder, port, stack)


class Stage:
    def __init__(self, bench, folder, origin_port, stack):
        self.bench, self.folder, self.origin_port = bench, folder, origin_port
        self._stack = stack
        self._count = itertools.count()

    def peer(self, kind, routes, log_requests=False, **writing):
        """A proxy that serves `routes` and has answered the last of them."""
        peer = kind(self.folder / f"peer-{next(self._count)}", self.origin_port, log_requests)
        peer.write(routes, **writing)
        self._stack.callback(peer.stop)
        peer.seconds_to_ready = peer.start(routes[-1])
        return peer

    def requests(self, name, routes, method="GET"):
        return load.write_requests(self.folder / name, routes, method)

    def run(self, kind, peer, **options):
        return load.run(kind, peer, self.folder, **options)

    def rounds(self, table, contenders, measure):
        """Every contender once a round, in turn, after one short round that warms up and isn't counted."""
        for peer in contenders.values():
            measure(peer, min(0.5, self.bench.seconds))
        for _ in range(self.bench.rounds):
            for row, peer in contenders.items():
                table.add(row, measure(peer, self.bench.seconds))


def weighed(stage, peer, kind, unit, **options):
    """Runs a load and divides what the proxy spent by what it did. `unit` says how much a result is."""
    before = peer.process.cpu_time()
    result = stage.run(kind, peer, **options)
    spent = peer.process.cpu_time() - before
    amount = unit(result)
    if not amount:
        raise RuntimeError(f"{peer.name}: nothing was answered: {result}")
    return {
        "cpu": spent.total / amount,
        "user": spent.total * spent.user / max(spent.user + spent.system, 1e-9) / amount,
        "system": spent.total * spent.system / max(spent.user + spent.system, 1e-9) / amount,
        "busy": 100 * spent.total / result["seconds"],
        "rate": result["completed"] / result["seconds"],
        "failed": result["failed"],
        "closed": result["closed"],
        "p50": result["p50_us"],
        "p99": result["p99_us"],
    }


def microseconds_each(result):
    return result["completed"] / 1e6


def gigabytes(size):
    return lambda result: result["completed"] * size / GIGABYTE


PER_REQUEST = [
    Metric("cpu", "CPU µs/request"),
    Metric("user", "user"),
    Metric("system", "system"),
    Metric("rate", "requests/s", 0),
    Metric("busy", "core busy %", 0),
    Metric("failed", "failed", 0),
]
PER_GIGABYTE = [
    Metric("cpu", "CPU s/GB", 3),
    Metric("user", "user", 3),
    Metric("system", "system", 3),
    Metric("failed", "failed", 0),
]
OTHERS = ("nginx", "haproxy")


def small(bench):
    table = Table(
        "128-byte responses, one route",
        PER_REQUEST,
        [Goal("cpu", 0.85, OTHERS), Limit("user", 2.5)],
        [Headline("128-byte response, CPU µs", "cpu"), Headline("of these in user space, µs", "user")],
    )
    with bench.stage() as stage:
        contenders = {kind.name: stage.peer(kind, [SINGLE]) for kind in bench.classes}
        _requests(stage, table, contenders, [SINGLE])
    return table


def small_log(bench):
    table = Table(
        "128-byte responses, access log to a file",
        PER_REQUEST,
        [Goal("cpu", 0.85, OTHERS, ("nginx, buffered log",))],
        [Headline("the same with an access log, CPU µs", "cpu")],
    )
    with bench.stage() as stage:
        classes = bench.classes_and(peers.NginxBufferedLog)
        contenders = {kind.name: stage.peer(kind, [SINGLE], log_requests=True) for kind in classes}
        _requests(stage, table, contenders, [SINGLE])
    return table


def _ten_thousand():
    return [Route(f"host-{host}.example", f"/path-{path}") for host in range(1000) for path in range(10)]


def routes(bench):
    many = _ten_thousand()
    table = Table(
        "1,000 hosts × 10 paths at random, against one route",
        PER_REQUEST,
        [Goal("cpu", 1.05, ("gatehouse, one route",), of="gatehouse, 10,000 routes")],
        [
            Headline(
                "the same over 10,000 routes, CPU µs",
                "cpu",
                tuple(f"{name}, 10,000 routes" for name in ("gatehouse", *OTHERS)),
            )
        ],
    )
    with bench.stage() as stage:
        one, all_of_them = stage.requests("one", [SINGLE]), stage.requests("many", many)
        contenders, files = {}, {}
        for kind in bench.classes:
            single, full = stage.peer(kind, [SINGLE]), stage.peer(kind, many)
            contenders |= {f"{kind.name}, one route": single, f"{kind.name}, 10,000 routes": full}
            files |= {single: one, full: all_of_them}
        stage.rounds(
            table,
            contenders,
            lambda peer, seconds: weighed(
                stage, peer, "http", microseconds_each, requests=files[peer], connections=CONNECTIONS, seconds=seconds
            ),
        )
    return table


def _requests(stage, table, contenders, routes, **options):
    file = stage.requests("requests", routes)
    stage.rounds(
        table,
        contenders,
        lambda peer, seconds: weighed(
            stage, peer, "http", microseconds_each, requests=file, connections=CONNECTIONS, seconds=seconds, **options
        ),
    )


def download(bench):
    table = Table(
        "1 MiB responses",
        PER_GIGABYTE,
        [Goal("cpu", 0.9, ("nginx",), ("nginx, large buffers",))],
        [Headline("1 MiB responses, CPU s/GB", "cpu")],
    )
    route = Route(SINGLE.host, "/download")
    with bench.stage() as stage:
        contenders = {kind.name: stage.peer(kind, [SINGLE]) for kind in bench.classes_and(peers.NginxLargeBuffers)}
        file = stage.requests("requests", [route])
        stage.rounds(
            table,
            contenders,
            lambda peer, seconds: weighed(
                stage, peer, "http", gigabytes(1 << 20), requests=file, connections=CONNECTIONS, seconds=seconds
            ),
        )
    return table


def upload(bench):
    table = Table(
        "1 MiB uploads",
        PER_GIGABYTE,
        [Goal("cpu", 0.6, ("nginx",), ("nginx, large buffers",))],
        [Headline("1 MiB uploads, CPU s/GB", "cpu")],
    )
    with bench.stage() as stage:
        contenders = {kind.name: stage.peer(kind, [SINGLE]) for kind in bench.classes_and(peers.NginxLargeBuffers)}
        file = stage.requests("requests", [Route(SINGLE.host, "/upload")], "POST")
        stage.rounds(
            table,
            contenders,
            lambda peer, seconds: weighed(
                stage, peer, "http", gigabytes(1 << 20),
                requests=file, connections=CONNECTIONS, seconds=seconds, body=1 << 20,
            ),
        )  # fmt: skip
    return table


def websocket(bench):
    metrics = [Metric("cpu", "CPU µs/message"), *PER_REQUEST[1:3], Metric("rate", "messages/s", 0), *PER_REQUEST[4:]]
    table = Table(
        "128-byte WebSocket messages, echoed",
        metrics,
        [Goal("cpu", 0.9, ("nginx",))],
        [Headline("WebSocket message, CPU µs", "cpu")],
    )
    with bench.stage() as stage:
        contenders = {kind.name: stage.peer(kind, [SINGLE]) for kind in bench.classes}
        stage.rounds(
            table,
            contenders,
            lambda peer, seconds: weighed(
                stage, peer, "websocket", microseconds_each, host=SINGLE.host, connections=CONNECTIONS, seconds=seconds
            ),
        )
    return table


def latency(bench):
    rate = 10_000
    metrics = [Metric("p50", "p50 µs", 0), Metric("p99", "p99 µs", 0), Metric("cpu", "CPU µs/request"), PER_REQUEST[-1]]
    table = Table(
        f"Latency at {rate:,} requests/s",
        metrics,
        [Goal("p50", 1, OTHERS), Goal("p99", 1, OTHERS)],
        [Headline("10,000 requests/s, p50 µs", "p50"), Headline("10,000 requests/s, p99 µs", "p99")],
    )
    with bench.stage() as stage:
        contenders = {kind.name: stage.peer(kind, [SINGLE]) for kind in bench.classes}
        _requests(stage, table, contenders, [SINGLE], rate=rate)
    return table


def idle(bench):
    first, count = 1000, 5000
    metrics = [Metric("memory", "KiB/connection"), Metric("base", "MiB before")]
    table = Table(
        f"{count:,} more idle keep-alive connections beside {first:,}",
        metrics,
        [Limit("memory", 0.75)],
        [Headline("idle connection, KiB", "memory")],
    )
    for kind in bench.classes:
        with bench.stage() as stage:
            peer = stage.peer(kind, [SINGLE])
            file = stage.requests("requests", [SINGLE])
            # The first ones take up what earlier requests left behind, so that the rest show what a connection costs.
            with _held(stage, peer, file, first):
                before = peer.process.resident_bytes()
                with _held(stage, peer, file, count):
                    after = peer.process.resident_bytes()
            table.add(kind.name, {"memory": (after - before) / count / 1024, "base": before / 2**20})
    return table


@contextlib.contextmanager
def _held(stage, peer, file, count):
    """Connections that made one request each and stay."""
    holding = load.Load("hold", peer, stage.folder, requests=file, connections=count)
    try:
        result = holding.result()
        if result["completed"] != count:
            raise RuntimeError(f"{peer.name} holds {result['completed']} of {count} connections")
        yield
    finally:
        holding.close()


def scale(bench):
    hosts, edits = 10_000, 5
    base = [Route(f"host-{host}.example", "/app") for host in range(hosts)]
    metrics = [Metric("ready", "ready s"), Metric("memory", "resident MiB", 0), Metric("edit", "edit live ms", 0)]
    table = Table(
        f"{hosts:,} Ingresses, one host each",
        metrics,
        [
            Limit("ready", 3, "gatehouse, one file"),
            Limit("memory", 150, "gatehouse, one file"),
            Limit("edit", 1000, "gatehouse, one file"),
            Limit("ready", 3, "gatehouse, separate files"),
            Limit("memory", 150, "gatehouse, separate files"),
            Limit("edit", 75, "gatehouse, separate files"),
        ],
        [
            Headline("10,000 Ingresses, ready after s", "ready", ("gatehouse, separate files", *OTHERS)),
            Headline("10,000 Ingresses, resident MiB", "memory", ("gatehouse, separate files", *OTHERS)),
            Headline("10,000 Ingresses, an edit is live after ms", "edit", ("gatehouse, separate files", *OTHERS)),
        ],
    )
    variants = [(f"{kind.name}", kind, {}) for kind in bench.classes if kind is not peers.Gatehouse]
    if peers.Gatehouse in bench.classes:
        variants.insert(0, ("gatehouse, one file", peers.Gatehouse, {}))
        variants.insert(0, ("gatehouse, separate files", peers.Gatehouse, {"separate_files": True}))
    for row, kind, writing in variants:
        with bench.stage() as stage:
            peer = stage.peer(kind, base, **writing)
            values = {"ready": peer.seconds_to_ready, "memory": peer.process.resident_bytes() / 2**20}
            times = []
            for edit in range(edits):
                added = Route(base[random.randrange(hosts)].host, f"/edited-{edit}")
                times.append(_seconds_to_live(peer, [*base, added], added, **writing))
            table.add(row, values | {"edit": 1000 * statistics.median(times)})
    return table


def _seconds_to_live(peer, routes, added, **writing):
    peer.settle()
    peer.write(routes, **writing)
    began = time.monotonic()
    for _ in range(10):
        peer.apply()
        try:
            peer.await_status(added, 200, timeout=3)
        except TimeoutError:
            continue  # HAProxy's master loses a signal now and then.
        return time.monotonic() - began
    raise RuntimeError(f"{peer.name} did not take up {added.host}{added.path}")


def reload(bench):
    count, settle = 100, 10
    metrics = [
        Metric("failed", "failed", 0),
        Metric("closed", "closed", 0),
        Metric("completed", "requests", 0),
        Metric("live", "live ms", 0),
        Metric("before", f"MiB after {settle}"),
        Metric("after", f"MiB after {count}"),
    ]
    table = Table(
        f"{count} reloads under load",
        metrics,
        [Limit("failed", 0), Limit("closed", 0)],
        [
            Headline("100 reloads under load, failed requests", "failed"),
            Headline("100 reloads under load, closed connections", "closed"),
        ],
    )
    hosts = [Route(f"host-{host}.example", "/") for host in range(100)]
    for kind in bench.classes:
        with bench.stage() as stage:
            peer = stage.peer(kind, [*hosts, SINGLE])
            file = stage.requests("requests", [SINGLE])
            running = load.Load(
                "http", peer, stage.folder, requests=file, connections=CONNECTIONS, seconds=120, until="eof"
            )
            times = []
            for number in range(count):
                added = Route(f"reload-{number}.example", "/")
                times.append(_seconds_to_live(peer, [*hosts, SINGLE, added], added))
                if number + 1 == settle:
                    before = peer.process.resident_bytes()
            after = peer.process.resident_bytes()
            running.end()
            result = running.result()
            running.close()
            table.add(
                kind.name,
                {
                    "failed": result["failed"],
                    "closed": result["closed"],
                    "completed": result["completed"],
                    "live": 1000 * statistics.median(times),
                    "before": before / 2**20,
                    "after": after / 2**20,
                },
            )
    return table


def allocations(bench):
    table = Table(
        "Heap allocations of the worker while keep-alive connections ask again and again",
        [Metric("each", "allocations/request", 6), Metric("count", "allocations", 0), Metric("requests", "requests", 0)],
        [],
        [],
    )
    if peers.Gatehouse not in bench.classes:
        return table
    many = _ten_thousand()
    cases = {
        "GET, 128 bytes": ("plain", [SINGLE], {}),
        "the same with an access log": ("logging", [SINGLE], {}),
        "POST, 1 KiB": ("plain", [SINGLE], {"method": "POST", "body": 1024}),
        "a rewritten path": ("plain", [counted.CountedGatehouse.REWRITTEN], {}),
        "a chunked response": ("plain", [Route(SINGLE.host, "/chunked")], {}),
        "1 MiB response": ("plain", [Route(SINGLE.host, "/download")], {}),
        "10,000 routes at random": ("many", many, {}),
    }
    with bench.stage() as stage:
        contenders = {
            "plain": stage.peer(counted.CountedGatehouse, [SINGLE]),
            "logging": stage.peer(counted.CountedGatehouse, [SINGLE], log_requests=True),
            "many": stage.peer(counted.CountedGatehouse, many),
        }
        for row, (name, asked, options) in cases.items():
            file = stage.requests("requests", asked, options.pop("method", "GET"))
            table.add(row, _allocations(stage, contenders[name], file, 20 * len(asked), **options))
            table.expectations.append(Limit("each", 0, row))
    table.headlines.append(Headline("heap allocations a request", "each", ("GET, 128 bytes", *OTHERS)))
    return table


def _allocations(stage, peer, file, warm_up, **options):
    """What the worker allocates in the middle of a load, after `warm_up` requests at least."""
    settings = {"requests": file, "connections": CONNECTIONS, **options}
    warming = 1
    while stage.run("http", peer, seconds=warming, **settings)["completed"] < warm_up:
        warming *= 2
    running = load.Load("http", peer, stage.folder, seconds=60, until="eof", **settings)
    time.sleep(0.5)  # Its connections are there and have been used.
    began, before = time.monotonic(), peer.allocations
    time.sleep(stage.bench.seconds)
    count, took = peer.allocations - before, time.monotonic() - began
    running.end()
    result = running.result()
    running.close()
    if not result["completed"] or result["failed"] or result["closed"]:
        raise RuntimeError(f"allocations: {result}")
    requests = result["completed"] * took / result["seconds"]
    return {"each": count / requests, "count": count, "requests": requests}


def policy_costs(bench):
    """What each policy adds to a request of Gatehouse."""
    metrics = [Metric("extra", "more CPU µs/request than without"), *PER_REQUEST[:3], PER_REQUEST[-1]]
    table = Table("What policies cost, 128-byte responses", metrics, [Limit("extra", 3, policies.PASSWORDS)], [])
    with bench.stage() as stage:
        peer = stage.peer(policies.PolicedGatehouse, [policies.POLICIES[0].route])
        files = {each: stage.requests(each.host, [each.route]) for each in policies.POLICIES}
        for counts, seconds in [(False, min(0.5, bench.seconds))] + bench.rounds * [(True, bench.seconds)]:
            plain = None
            for policy, file in files.items():
                values = weighed(
                    stage, peer, "http", microseconds_each, requests=file, connections=CONNECTIONS, seconds=seconds
                )
                if values["failed"]:
                    raise RuntimeError(f"{policy.name}: not served")
                plain = plain or values["cpu"]
                if counts:
                    table.add(policy.name, values | {"extra": values["cpu"] - plain})
    return table


SCENARIOS = {
    "small": small,
    "small-log": small_log,
    "routes": routes,
    "download-1m": download,
    "upload-1m": upload,
    "websocket": websocket,
    "latency": latency,
    "idle": idle,
    "scale": scale,
    "reload": reload,
    "allocations": allocations,
    "policies": policy_costs,
}
