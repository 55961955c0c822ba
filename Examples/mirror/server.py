"""A test system that gets copies of requests, and tells of the last one under /last.

Usage: python3 server.py PORT
"""

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

arrived = threading.Event()
last = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.path == "/last":
            arrived.wait(10)  # A copy may arrive after the answer to its request.
            arrived.clear()
            return self.answer(200, last[-1] if last else "nothing yet\n")
        last.append(f"{self.command} {self.path} for {self.headers['Host']}: {body}\n")
        arrived.set()
        self.answer(500, "nobody ever sees this\n")

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
