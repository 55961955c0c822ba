"""A WebSocket client (RFC 6455) of the standard library alone: python3 websocket.py PORT HOST COUNT

Sends COUNT messages of growing length, several at a time, expects each back, and closes in order.
"""

import base64
import hashlib
import os
import socket
import struct
import sys

port, host, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
connection = socket.create_connection(("127.0.0.1", port), timeout=10)
stream = connection.makefile("rb")


def frame(kind, payload):
    mask = os.urandom(4)
    head = bytes([0x80 | kind])
    if len(payload) < 126:
        head += bytes([0x80 | len(payload)])
    elif len(payload) < 65536:
        head += bytes([0x80 | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([0x80 | 127]) + struct.pack("!Q", len(payload))
    return head + mask + bytes(byte ^ mask[index & 3] for index, byte in enumerate(payload))


def receive():
    first, second = stream.read(2)
    assert first & 0x70 == 0 and second & 0x80 == 0, "no server frame"
    length = second & 0x7F
    if length == 126:
        (length,) = struct.unpack("!H", stream.read(2))
    elif length == 127:
        (length,) = struct.unpack("!Q", stream.read(8))
    return first & 0x0F, stream.read(length)


key = base64.b64encode(os.urandom(16)).decode()
connection.sendall(
    f"GET /echo HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
)
status = stream.readline()
assert status == b"HTTP/1.1 101 Switching Protocols\r\n", status
fields = {}
while (line := stream.readline()) != b"\r\n":
    name, _, value = line.decode().partition(":")
    fields[name.lower()] = value.strip()
expected = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
assert fields["sec-websocket-accept"] == base64.b64encode(expected).decode(), fields

messages = [os.urandom(number * number * 40) for number in range(count)]
for start in range(0, count, 4):
    batch = messages[start : start + 4]
    connection.sendall(b"".join(frame(2, message) for message in batch))
    for message in batch:
        assert receive() == (2, message), "another message came back"

connection.sendall(frame(9, b"alive?"))
assert receive() == (10, b"alive?"), "no pong"
connection.sendall(frame(8, struct.pack("!H", 1000)))
kind, payload = receive()
assert kind == 8 and stream.read() == b"", "not closed in order"
print(f"{count} messages echoed, closed with {struct.unpack('!H', payload[:2])[0]}")
