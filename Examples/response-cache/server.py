"""A service whose answers are numbered, so that one can see who has answered.

Usage: python3 server.py PORT
"""

import itertools
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NUMBERS = itertools.count(1)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = f"edition {next(NUMBERS)} of {self.path.split('?')[0]}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        # An account is nobody else's business.
        if self.path.startswith("/account"):
            self.send_header("Cache-Control", "private")
        self.send_header("ETag", f'"{self.path.count("/")}"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
