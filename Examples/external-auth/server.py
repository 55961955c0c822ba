"""A tiny authentication service: knows one token, and a cookie that its sign-in page sets.

Gatehouse asks it before each request: 200 lets the request pass, 401 and 403 do not.
Usage: python3 server.py PORT
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USERS = {"Bearer sesame": "ann", "Bearer guest": "guest"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # Connections are kept, so questions cost little.

    def do_GET(self):
        if self.path.startswith("/start"):
            # The sign-in page; a real one would ask for a password first.
            return self.answer(200, "signed in\n", {"Set-Cookie": "session=ann; Path=/; HttpOnly"})
        user = USERS.get(self.headers.get("Authorization", ""))
        if "session=ann" in self.headers.get("Cookie", ""):
            user = "ann"
        if user is None:
            return self.answer(401, "", {"WWW-Authenticate": 'Bearer realm="shop"'})
        if user == "guest" and self.headers["X-Original-Method"] != "GET":
            return self.answer(403, "")
        self.answer(200, "", {"X-Auth-Request-User": user})

    def answer(self, status, text, fields={}):
        body = text.encode()
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
