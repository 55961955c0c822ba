"""Says something over a WebSocket and prints what comes back: python3 client.py HOST:PORT NAME TEXT"""

import base64
import os
import socket
import sys

address, name, text = sys.argv[1], sys.argv[2], sys.argv[3].encode()
host, port = address.rsplit(":", 1)
connection = socket.create_connection((host, int(port)), timeout=30)
stream = connection.makefile("rb")

key = base64.b64encode(os.urandom(16)).decode()
connection.sendall(
    f"GET / HTTP/1.1\r\nHost: {name}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
)
print(stream.readline().decode().strip())
while stream.readline() != b"\r\n":
    pass

# One frame of text, masked as those of clients are (RFC 6455, section 5). Short: its length fits into a byte.
mask = os.urandom(4)
masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(text))
connection.sendall(bytes([0x81, 0x80 | len(text)]) + mask + masked)
length = stream.read(2)[1]
print("echo:", stream.read(length).decode())
