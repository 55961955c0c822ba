"""A service that answers errors: in the status and the form that it is told.

Usage: python3 server.py PORT
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORDS = {413: "That is too much at once.", 503: "We are having a rest."}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        # Without X-Code this is a request that no rule matched.
        status = int(self.headers.get("X-Code", 404))
        words = WORDS.get(status, "There is nothing here.")
        if "json" in self.headers.get("X-Format", ""):
            kind = "application/json"
            text = json.dumps({"code": status, "message": words, "service": self.headers.get("X-Service-Name")}) + "\n"
        else:
            kind = "text/html"
            text = f"<h1>{words}</h1>\n"
        body = text.encode()
        # The client gets this very status.
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
