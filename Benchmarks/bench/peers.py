"""The proxies under test, each configured for the same job.

The job: route by host and path, add the forwarded headers that ingress-nginx adds, keep connections alive on both
sides, one worker, stream bodies in both directions.
"""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import time

from . import process

KEEPALIVE_REQUESTS = 1_000_000_000

_unverified = ssl.create_default_context()
_unverified.check_hostname = False
_unverified.verify_mode = ssl.CERT_NONE


class Route:
    """Where requests for a host and a path prefix go; there is one backend, the origin. Requests carry `fields`."""

    __slots__ = ("fields", "host", "path")

    def __init__(self, host, path, fields=()):
        self.host, self.path, self.fields = host, path, fields


class Peer:
    """One proxy in one folder. `write` puts a configuration down, `start` runs it, `apply` makes a running proxy take
    up what was written since."""

    name = ""
    # What HTTPS is served with; nothing for cleartext HTTP.
    certificate = None

    def __init__(self, folder, origin_port, log_requests=False):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.origin_port = origin_port
        self.port = process.free_port()
        self.request_log = self.folder / "requests.log" if log_requests else None
        self.process = None

    @classmethod
    def version(cls):
        """The version, or None where this proxy is not installed."""
        raise NotImplementedError

    def write(self, routes):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def apply(self):
        raise NotImplementedError

    def settle(self):
        """Waits until the proxy can be told to `apply` again."""

    def start(self, probe, timeout=60):
        """Runs the proxy and returns the seconds until it answers the route `probe`."""
        began = time.monotonic()
        self.process = process.Process(self.command(), process.PROXY_CORE, self.folder / "output.log")
        self.await_status(probe, 200, timeout)
        return time.monotonic() - began

    def stop(self):
        if self.process:
            self.process.stop()

    def status(self, route):
        """The status of one request over a connection of its own, or None when there was no answer."""
        if self.certificate:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=5, context=_unverified)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", route.path, headers={"Host": route.host})
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    def await_status(self, route, status, timeout=60):
        deadline = time.monotonic() + timeout
        while (got := self.status(route)) != status:
            if not self.process.is_running:
                raise RuntimeError(f"{self.name} ended:\n{self.process.output[-2000:]}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name}: {route.host}{route.path} gives {got}:\n{self.process.output[-2000:]}")
            time.sleep(0.001)


class Nginx(Peer):
    name = "nginx"

    # Bodies are streamed in buffers of the default size; a log line is written at once, as ingress-nginx does both.
    buffering = "proxy_request_buffering off; proxy_buffering off;"
    log_options = ""

    # ingress-nginx's log format; its Lua variables are given as text.
    LOG_FORMAT = (
        '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
        '"$http_user_agent" $request_length $request_time [default-origin-80] [] $upstream_addr '
        "$upstream_response_length $upstream_response_time $upstream_status $request_id"
    )

    @classmethod
    def version(cls):
        return _version(["nginx", "-v"])

    def write(self, routes):
        log = f"{self.request_log} ingress{self.log_options}" if self.request_log else "off"
        (self.folder / "nginx.conf").write_text(f"""
daemon off;
worker_processes 1;
worker_rlimit_nofile 65536;
pid {self.folder}/nginx.pid;
error_log {self.folder}/error.log;
events {{ worker_connections 16384; multi_accept on; }}
http {{
  log_format ingress '{self.LOG_FORMAT}';
  access_log {log};
  server_names_hash_max_size 65536;
  server_names_hash_bucket_size 128;
  keepalive_timeout 75s;
  keepalive_requests {KEEPALIVE_REQUESTS};
  client_max_body_size 0;
  client_body_temp_path {self.folder}/body;
  proxy_temp_path {self.folder}/proxy;
  fastcgi_temp_path {self.folder}/fastcgi;
  uwsgi_temp_path {self.folder}/uwsgi;
  scgi_temp_path {self.folder}/scgi;
  upstream origin {{
    server 127.0.0.1:{self.origin_port};
    keepalive 320;
    keepalive_requests {KEEPALIVE_REQUESTS};
  }}
  map $http_upgrade $upstream_connection {{ default upgrade; '' ''; }}
  proxy_http_version 1.1;
  {self.buffering}
  proxy_set_header Host $http_host;
  proxy_set_header X-Request-ID $request_id;
  proxy_set_header X-Real-IP $remote_addr;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Host $http_host;
  proxy_set_header X-Forwarded-Port $server_port;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Scheme $scheme;
  proxy_set_header X-Scheme $scheme;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $upstream_connection;
{self._tls()}
  server {{ listen 127.0.0.1:{self.port}{self._listening} default_server backlog=4096; return 404; }}
{"".join(self._servers(routes))}
}}
""")

    def _servers(self, routes):
        for host, paths in _by_host(routes).items():
            locations = "".join(f" location {path} {{ proxy_pass http://origin; }}" for path in paths)
            yield f"  server {{ listen 127.0.0.1:{self.port}{self._listening}; server_name {host};{locations} }}\n"

    @property
    def _listening(self):
        return " ssl http2" if self.certificate else ""

    def _tls(self):
        if not self.certificate:
            return ""
        return (
            f"  ssl_certificate {self.certificate.chain}; ssl_certificate_key {self.certificate.key};\n"
            "  ssl_protocols TLSv1.2 TLSv1.3;"
        )

    def command(self):
        return [
            "nginx",
            "-p",
            str(self.folder),
            "-c",
            str(self.folder / "nginx.conf"),
            "-e",
            str(self.folder / "error.log"),
        ]

    def apply(self):
        self.process.signal(signal.SIGHUP)


class NginxLargeBuffers(Nginx):
    """nginx with the buffers that someone who moves large bodies would give it."""

    name = "nginx, large buffers"
    buffering = (
        "proxy_request_buffering off; client_body_buffer_size 128k; "
        "proxy_buffering on; proxy_buffers 16 64k; proxy_busy_buffers_size 128k;"
    )


class NginxBufferedLog(Nginx):
    """nginx with a log that is written in blocks."""

    name = "nginx, buffered log"
    log_options = " buffer=64k flush=1s"


class HAProxy(Peer):
    name = "haproxy"
    _starts_before = 0

    LOG_FORMAT = (
        '%ci - - [%t] \\"%HM %HU %HV\\" %ST %B \\"-\\" \\"-\\" %U %Tt [%b] [] %si:%sp %B %Tr %ST '
        "%[var(txn.request_id)]"
    )

    @classmethod
    def version(cls):
        return _version(["haproxy", "-v"])

    def write(self, routes):
        log = f'log stdout format raw local0\n  log-format "{self.LOG_FORMAT}"' if self.request_log else "no log"
        remember = "http-request set-var(txn.request_id) req.hdr(x-request-id)" if self.request_log else ""
        (self.folder / "routes.map").write_text("".join(f"{route.host}{route.path} origin\n" for route in routes))
        (self.folder / "haproxy.cfg").write_text(f"""
global
  nbthread 1
  maxconn 9000
defaults
  mode http
  {log}
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 60s
  timeout http-keep-alive 75s
  http-reuse always
frontend http
  bind 127.0.0.1:{self.port} backlog 4096 {self._tls()}
  http-request set-header X-Request-ID %[uuid()] unless {{ req.hdr(x-request-id) -m found }}
  {remember}
  http-request set-header X-Real-IP %[src]
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Scheme http
  http-request set-header X-Scheme http
  use_backend %[base,map_beg({self.folder}/routes.map,none)]
backend origin
  server origin 127.0.0.1:{self.origin_port} pool-max-conn 320
backend none
  http-request return status 404
""")

    def command(self):
        return ["haproxy", "-W", "-f", str(self.folder / "haproxy.cfg")]

    def _tls(self):
        return f"ssl crt {self.certificate.both} alpn h2,http/1.1 ssl-min-ver TLSv1.2" if self.certificate else ""

    def settle(self):
        """A master that is still starting workers drops the signal to do so again."""
        deadline = time.monotonic() + 5
        while self._starts() <= self._starts_before and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.05)

    def apply(self):
        self._starts_before = self._starts()
        self.process.signal(signal.SIGUSR2)

    def _starts(self):
        return self.process.output.count("Loading success")


class Gatehouse(Peer):
    name = "gatehouse"
    executable = pathlib.Path(__file__).parents[2] / ".build/release/gatehouse"

    def __init__(self, folder, origin_port, log_requests=False):
        super().__init__(folder, origin_port, log_requests)
        self.manifests = self.folder / "manifests"
        self.manifests.mkdir()
        self._written = {}

    @classmethod
    def version(cls):
        return _version([str(cls.executable), "version"]) if cls.executable.exists() else None

    def write(self, routes, separate_files=False):
        """Puts one Ingress down for each host, all in one file or each in its own; files that would stay the same are
        not touched."""
        documents = {"shared.yaml": _SHARED_OBJECTS}
        if self.certificate:
            documents["certificate.yaml"] = self.certificate.secret
        ingresses = {f"{host}.yaml": _ingress(host, paths) for host, paths in _by_host(routes).items()}
        if separate_files:
            documents |= ingresses
        else:
            documents["ingresses.yaml"] = "---\n".join(ingresses.values())
        for name, text in documents.items():
            if self._written.get(name) != text:
                draft = self.folder / "draft"
                draft.write_text(text)
                os.replace(draft, self.manifests / name)
        self._written = documents

    def command(self):
        return [
            str(self.executable), "serve", "--manifests", str(self.manifests),
            "--address", "127.0.0.1", *self._ports(),
            "--admin-port", str(process.free_port()), "--workers", "1",
            "--access-log", str(self.request_log) if self.request_log else "off",
            "--backend", f"origin=127.0.0.1:{self.origin_port}",
        ]  # fmt: skip

    def _ports(self):
        other = str(process.free_port())
        if self.certificate:
            chosen = ["--http-port", other, "--https-port", str(self.port)]
            return [*chosen, "--default-ssl-certificate", "default/certificate"]
        return ["--http-port", str(self.port), "--https-port", other]

    def apply(self):
        """Nothing to do: it watches its manifests."""


class Envoy(Peer):
    name = "envoy"
    # On the PATH, or where Scripts/setup has put it.
    executable = shutil.which("envoy") or str(pathlib.Path(__file__).parents[2] / ".build/peers/envoy/_bin/envoy")

    @classmethod
    def version(cls):
        return _version([cls.executable, "--version"])

    def write(self, routes):
        hosts = [
            {"name": host, "domains": [host, f"{host}:*"], "routes": [_envoy_route(path) for path in paths]}
            for host, paths in _by_host(routes).items()
        ]
        manager = {
            "@type": f"{_ENVOY}.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "http",
            "generate_request_id": True,
            "use_remote_address": True,
            "route_config": {"virtual_hosts": hosts, "request_headers_to_add": _envoy_headers()},
            "http_filters": [
                {"name": "router", "typed_config": {"@type": f"{_ENVOY}.filters.http.router.v3.Router"}}
            ],
        }
        chain = {"filters": [{"name": "http", "typed_config": manager}]}
        if self.certificate:
            chain["transport_socket"] = self._tls()
        cluster = {
            "name": "origin",
            "type": "STATIC",
            "load_assignment": {"cluster_name": "origin", "endpoints": [{"lb_endpoints": [self._endpoint()]}]},
        }
        listener = {"name": "http", "address": _envoy_address(self.port), "filter_chains": [chain]}
        (self.folder / "envoy.json").write_text(
            json.dumps({"static_resources": {"listeners": [listener], "clusters": [cluster]}})
        )

    def _endpoint(self):
        return {"endpoint": {"address": _envoy_address(self.origin_port)}}

    def _tls(self):
        certificate = {
            "certificate_chain": {"filename": str(self.certificate.chain)},
            "private_key": {"filename": str(self.certificate.key)},
        }
        context = {"tls_certificates": [certificate], "alpn_protocols": ["h2", "http/1.1"]}
        return {
            "name": "tls",
            "typed_config": {
                "@type": f"{_ENVOY}.transport_sockets.tls.v3.DownstreamTlsContext",
                "common_tls_context": context,
            },
        }

    def command(self):
        return [
            self.executable, "-c", str(self.folder / "envoy.json"), "--concurrency", "1", "--disable-hot-restart",
            "--log-level", "error",
        ]  # fmt: skip


_ENVOY = "type.googleapis.com/envoy.extensions"


def _envoy_address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _envoy_route(path):
    return {"match": {"prefix": path}, "route": {"cluster": "origin", "timeout": "60s"}}


def _envoy_headers():
    values = {
        "X-Real-IP": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
        "X-Forwarded-Host": "%REQ(:AUTHORITY)%",
        "X-Forwarded-Port": "%DOWNSTREAM_LOCAL_PORT%",
        "X-Forwarded-Scheme": "%REQ(:SCHEME)%",
        "X-Scheme": "%REQ(:SCHEME)%",
    }
    return [
        {"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
        for key, value in values.items()
    ]


PEERS = [Gatehouse, Nginx, HAProxy]

_SHARED_OBJECTS = f"""apiVersion: v1
kind: Service
metadata:
  name: origin
spec:
  ports:
    - port: 80
---
apiVersion: v1
kind: ConfigMap
metadata:
  namespace: ingress-nginx
  name: ingress-nginx-controller
data:
  keep-alive-requests: "{KEEPALIVE_REQUESTS}"
  upstream-keepalive-requests: "{KEEPALIVE_REQUESTS}"
  proxy-body-size: "0"
"""


def _ingress(host, paths):
    text = [
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: {host}\nspec:\n"
        f"  ingressClassName: nginx\n  rules:\n    - host: {host}\n      http:\n        paths:\n"
    ]
    for path in paths:
        text.append(
            f"          - path: {path}\n            pathType: Prefix\n"
            "            backend:\n              service:\n                name: origin\n"
            "                port:\n                  number: 80\n"
        )
    return "".join(text)


def _by_host(routes):
    hosts = {}
    for route in routes:
        hosts.setdefault(route.host, []).append(route.path)
    return hosts


def _version(command):
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except FileNotFoundError:
        return None
    said = re.search(r"\d+\.\d+[\d.]*", result.stdout + result.stderr)
    return said[0].rstrip(".") if said else None
