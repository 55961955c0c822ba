"""What thousands of certificates cost: each host with a Secret of its own."""

import base64
import contextlib
import socket
import ssl
import subprocess

from . import peers
from .certificate import Certificate
from .scenarios import SINGLE, Headline, Limit, Metric, Route, Table

_COUNT = 5000

_unverified = ssl.create_default_context()
_unverified.check_hostname = False
_unverified.verify_mode = ssl.CERT_NONE


def certificates(bench):
    """From the start of the process to the first answer, and the memory before and after each has been presented."""
    table = Table(
        f"{_COUNT:,} certificates, a host and a Secret each",
        [Metric("ready", "ready s"), Metric("memory", "resident MiB", 0), Metric("used", "MiB, each used", 0)],
        [Limit("ready", 3)],
        [Headline("5,000 certificates, ready after s", "ready"), Headline("5,000 certificates, resident MiB", "memory")],
    )
    if peers.Gatehouse not in bench.classes:
        return table
    with bench.stage() as stage:
        made = _made(stage.folder)
        kind = type("EncryptedGatehouse", (_Gatehouse,), {"certificate": made[0], "others": made})
        peer = stage.peer(kind, [SINGLE, *(Route(one.host, "/") for one in made)])
        memory = peer.process.resident_bytes()
        for one in made:
            if _presented(peer, one.host) != one.der:
                raise RuntimeError(f"{one.host} gets another certificate")
        used = peer.process.resident_bytes()
        values = {"ready": peer.seconds_to_ready, "memory": memory / 2**20, "used": used / 2**20}
        table.add("gatehouse", values)
    return table


SCENARIOS = {"certificates": certificates}


class _Gatehouse(peers.Gatehouse):
    """Has the Secrets of many certificates beside its other manifests, and an entry of `spec.tls` for each."""

    others = ()

    def write(self, routes):
        (self.manifests / "secrets.yaml").write_text("---\n".join(one.secret for one in self.others))
        (self.manifests / "tls.yaml").write_text("---\n".join(one.ingress for one in self.others))
        super().write(routes)


class _One(Certificate):
    """A certificate of one host, whose Secret has the host's name."""

    def __init__(self, folder, host, key):
        self.host = host
        self.key = key
        self.chain = folder / f"{host}.pem"
        subprocess.run(
            [
                "openssl", "req", "-x509", "-new", "-key", str(key), "-days", "2", "-subj", f"/CN={host}",
                "-addext", f"subjectAltName=DNS:{host}", "-out", str(self.chain),
            ],
            check=True, capture_output=True,
        )  # fmt: skip

    @property
    def der(self):
        return ssl.PEM_cert_to_DER_cert(self.chain.read_text())

    @property
    def secret(self):
        encoded = [base64.b64encode(file.read_bytes()).decode() for file in (self.chain, self.key)]
        return (
            f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: {self.host}\n  namespace: default\n"
            f"type: kubernetes.io/tls\ndata:\n  tls.crt: {encoded[0]}\n  tls.key: {encoded[1]}\n"
        )

    @property
    def ingress(self):
        return (
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"
            f"metadata:\n  name: tls-{self.host}\n  namespace: default\n"
            "spec:\n  ingressClassName: nginx\n"
            f"  tls:\n    - hosts: [{self.host}]\n      secretName: {self.host}\n"
            f"  rules:\n    - host: {self.host}\n"
        )


def _made(folder):
    """One key for all: what a certificate costs does not depend on whose key it has."""
    first = Certificate(folder, SINGLE.host)
    return [_First(first), *(_One(first.chain.parent, f"tls-{number}.example", first.key) for number in range(_COUNT - 1))]


class _First(_One):
    """The certificate of the host that the others stand beside; the default one, too."""

    def __init__(self, first):
        self.host, self.chain, self.key, self.both = SINGLE.host, first.chain, first.key, first.both


def _presented(peer, host):
    with contextlib.closing(socket.create_connection(("127.0.0.1", peer.port))) as plain:
        with _unverified.wrap_socket(plain, server_hostname=host) as session:
            return session.getpeercert(binary_form=True)
