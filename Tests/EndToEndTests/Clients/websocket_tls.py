"""A WebSocket over TLS with the libraries wsproto and h2: python3 webchanneltls.py PORT HOST COUNT 1.1|2

Opens it by upgrade or, over HTTP/2, by extended CONNECT (RFC 8441), sends COUNT messages of growing length, expects each
back, and closes in order.
"""

import socket
import ssl
import sys

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RemoteSettingsChanged, ResponseReceived
from wsproto import ConnectionType, WSConnection
from wsproto.connection import Connection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Request

port, host, count, version = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]

context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
context.set_alpn_protocols(["h2" if version == "2" else "http/1.1"])
wire = context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=20), server_hostname=host)


def received():
    data = wire.recv(65536)
    assert data, "the connection ended"
    return data


class OverHTTP1:
    """The connection is the WebSocket's from the upgrade on."""

    def __init__(self):
        self.frames = WSConnection(ConnectionType.CLIENT)
        self.send(self.frames.send(Request(host=host, target="/echo")))
        self.frames.receive_data(received())
        assert isinstance(next(self.frames.events()), AcceptConnection), "no upgrade"

    def send(self, data):
        wire.sendall(data)

    def receive(self):
        self.frames.receive_data(received())


class OverHTTP2:
    """The WebSocket is one stream of the connection."""

    def __init__(self):
        self.frames = Connection(ConnectionType.CLIENT)
        self.session = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.session.initiate_connection()
        self.flush()
        self.wait(RemoteSettingsChanged)
        assert self.session.remote_settings.enable_connect_protocol == 1, "extended CONNECT is not offered"
        head = {":method": "CONNECT", ":protocol": "websocket", ":scheme": "https", ":path": "/echo", ":authority": host}
        self.session.send_headers(1, list(head.items()) + [("sec-websocket-version", "13")])
        self.flush()
        answer = self.wait(ResponseReceived)
        assert dict(answer.headers)[":status"] == "200", answer.headers

    def flush(self):
        wire.sendall(self.session.data_to_send())

    def wait(self, kind):
        while True:
            for event in self.events():
                if isinstance(event, kind):
                    return event

    def events(self):
        events = self.session.receive_data(received())
        for event in events:
            if isinstance(event, DataReceived):
                self.frames.receive_data(event.data)
                self.session.acknowledge_received_data(event.flow_controlled_length, 1)
        self.flush()
        return events

    def send(self, data):
        while data:
            room = min(self.session.local_flow_control_window(1), self.session.max_outbound_frame_size)
            if room == 0:
                self.receive()
                continue
            self.session.send_data(1, data[:room])
            data = data[room:]
            self.flush()

    def receive(self):
        self.events()


channel = OverHTTP2() if version == "2" else OverHTTP1()
for number in range(count):
    message = bytes([number % 256]) * (1 << (number % 15))
    channel.send(channel.frames.send(BytesMessage(data=message)))
    echo = b""
    finished = False
    while not finished:
        for event in channel.frames.events():
            assert isinstance(event, BytesMessage), event
            echo += event.data
            finished = finished or event.message_finished
        if not finished:
            channel.receive()
    assert echo == message, f"message {number} came back as {len(echo)} bytes"
channel.send(channel.frames.send(CloseConnection(code=1000)))
while True:
    events = list(channel.frames.events())
    if events:
        assert isinstance(events[0], CloseConnection) and events[0].code == 1000, events
        break
    channel.receive()
print(f"{count} messages echoed over HTTP/{version}, closed with 1000")
