"""Gatehouse with its heap allocations counted, by the library that Package.swift beside this package builds."""

import struct

from . import load, peers


class CountedGatehouse(peers.Gatehouse):
    """Serves what it is given to write, and a host whose paths are rewritten; `allocations` says how many its worker
    has made."""

    REWRITTEN = peers.Route("rewritten.example", "/app/page")
    library = load.TOOLS / "liballocations.so"

    def write(self, routes, **writing):
        super().write(routes, **writing)
        (self.manifests / "rewritten.yaml").write_text(_REWRITTEN)

    def command(self):
        return ["env", f"LD_PRELOAD={self.library}", f"ALLOCATIONS={self._account}", *super().command()]

    @property
    def allocations(self):
        return struct.unpack("=Q", self._account.read_bytes()[:8])[0]

    @property
    def library_allocations(self):
        """Those of nghttp2 and OpenSSL, which `allocations` has none of."""
        return struct.unpack("=Q", self._account.read_bytes()[16:24])[0]

    def trace(self, count):
        """Makes the next allocations print where they come from, to the output of the process."""
        with open(self._account, "r+b") as account:
            account.seek(8)
            account.write(struct.pack("=q", count))

    @property
    def _account(self):
        return self.folder / "allocations"


_REWRITTEN = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: rewritten
  annotations:
    nginx.ingress.kubernetes.io/rewrite-target: /$2
spec:
  ingressClassName: nginx
  rules:
    - host: rewritten.example
      http:
        paths:
          - path: /app(/|$)(.*)
            pathType: ImplementationSpecific
            backend:
              service:
                name: origin
                port:
                  number: 80
"""
