"""Gatehouse with a host for each policy, to see what a policy costs a request beside a route that has none."""

import base64

from . import peers

# What a client of the host with passwords sends, and what its Secret holds (bcrypt of cost 10).
_CREDENTIALS = "Authorization: Basic " + base64.b64encode(b"bench:bench").decode()
_PASSWORD = "$2b$10$ebPMqnw4quTW5tMC418.JefjktsqH3ASskOY1lobayuKICYZRq8tG"

PLAIN = "no policy"
PASSWORDS = "basic auth, bcrypt, warm cache"


class Policy:
    """One host: its annotations, and the fields that requests for it carry. `{origin}` is the origin's address."""

    def __init__(self, name, annotations=None, fields=(), path="/", asked="/", also=""):
        self.name, self.annotations, self.path, self.also = name, annotations or {}, path, also
        self.host = "".join(letter if letter.isalnum() else "-" for letter in name.lower()) + ".example"
        self.route = peers.Route(self.host, asked, fields)

    def manifest(self, origin):
        lines = "".join(
            f"    nginx.ingress.kubernetes.io/{name}: {value!r}\n" for name, value in self.annotations.items()
        )
        return _INGRESS.format(
            name=self.host, host=self.host, annotations=lines.replace("{origin}", origin) or "    {}\n", path=self.path,
            service="origin",
        ) + self.also  # fmt: skip


class PolicedGatehouse(peers.Gatehouse):
    """Serves a host for each of `POLICIES`."""

    def write(self, routes, **writing):
        super().write([peers.Route("bench.example", "/")], **writing)
        origin = f"127.0.0.1:{self.origin_port}"
        for policy in POLICIES:
            (self.manifests / f"{policy.host}.yaml").write_text(policy.manifest(origin))
        (self.manifests / "objects.yaml").write_text(_OBJECTS)

    def command(self):
        return [*super().command(), "--backend", f"other=127.0.0.1:{self.origin_port}"]


_INGRESS = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {name}
  annotations:
{annotations}spec:
  ingressClassName: nginx
  rules:
    - host: {host}
      http:
        paths:
          - path: {path}
            pathType: ImplementationSpecific
            backend:
              service:
                name: {service}
                port:
                  number: 80
"""

_OBJECTS = f"""apiVersion: v1
kind: Service
metadata:
  name: other
spec:
  ports:
    - port: 80
---
apiVersion: v1
kind: Secret
metadata:
  name: passwords
stringData:
  auth: 'bench:{_PASSWORD}'
"""


def _canary(host):
    annotations = "".join(
        f"    nginx.ingress.kubernetes.io/{line}\n" for line in ('canary: "true"', 'canary-weight: "10"')
    )
    return "---\n" + _INGRESS.format(
        name="canary", host=host, annotations=annotations, path="/", service="other"
    )  # fmt: skip


POLICIES = [
    Policy(PLAIN),
    Policy("rewrite", {"rewrite-target": "/$2"}, path="/app(/|$)(.*)", asked="/app/page"),
    Policy("address list", {"allowlist-source-range": "10.0.0.0/8,192.168.0.0/16,127.0.0.0/8"}),
    Policy("rate limit", {"limit-rps": "10000000"}),
    Policy("concurrency limit", {"limit-connections": "10000"}),
    Policy(PASSWORDS, {"auth-type": "basic", "auth-secret": "passwords", "auth-realm": "bench"}, (_CREDENTIALS,)),
    Policy("external auth", {"auth-url": "http://{origin}/auth"}),
    Policy("external auth, cached", {"auth-url": "http://{origin}/auth", "auth-cache-key": "$http_authorization"}),
    Policy("CORS", {"enable-cors": "true", "cors-allow-origin": "https://a.example"}, ("Origin: https://a.example",)),
    Policy("response headers", {"configuration-snippet": 'more_set_headers "X-Frame-Options: DENY" "X-Served: yes";'}),
    Policy("condition", {"configuration-snippet": 'if ($http_user_agent ~* "bot|crawler") { return 403; }'}),
    Policy("hash by path", {"upstream-hash-by": "$request_uri"}),
    Policy("cookie affinity", {"affinity": "cookie", "session-cookie-name": "route"}),
    Policy("canary by weight", also=_canary("canary-by-weight.example")),
    Policy("error pages", {"custom-http-errors": "502,503"}),
    Policy("mirror", {"mirror-target": "http://{origin}$request_uri"}),
]
