"""Calls a gRPC server's service `test.Echo` (grpc_server.py) and says what came of it, a line for each call.

    grpc_client.py --target HOST:PORT [--authority NAME] [--ca FILE] CALL [ARGUMENT] [CALL [ARGUMENT] ...]

A call that ends with a status other than OK is told as `CODE_NAME text`.

    load N        calls without pause on N threads, and chats on as many streams, until SIGTERM comes; then tells how
                  many calls were answered, and what failed
"""

import argparse
import queue
import signal
import threading
import time

import grpc


class Client:
    def __init__(self, options):
        settings = [
            ("grpc.max_receive_message_length", 64 << 20),
            ("grpc.max_send_message_length", 64 << 20),
            ("grpc.enable_retries", 0),
        ]
        if options.keepalive:
            settings += [
                ("grpc.keepalive_time_ms", options.keepalive),
                ("grpc.keepalive_timeout_ms", 2000),
                ("grpc.keepalive_permit_without_calls", 1),
                ("grpc.http2.max_pings_without_data", 0),
                ("grpc.http2.min_sent_ping_interval_without_data_ms", options.keepalive),
            ]
        if options.ca:
            if options.authority:
                settings.append(("grpc.ssl_target_name_override", options.authority))
            with open(options.ca, "rb") as file:
                credentials = grpc.ssl_channel_credentials(file.read())
            self.channel = grpc.secure_channel(options.target, credentials, settings)
        else:
            if options.authority:
                settings.append(("grpc.default_authority", options.authority))
            self.channel = grpc.insecure_channel(options.target, settings)
        self.timeout = 10

    def method(self, kind, name):
        return getattr(self.channel, kind)(f"/test.Echo/{name}")

    # Each returns what is printed.

    def unary(self, text):
        return self.method("unary_unary", "Unary")(text.encode(), timeout=self.timeout).decode()

    def name(self):
        return self.method("unary_unary", "Name")(b"", timeout=self.timeout).decode()

    def large(self, size):
        sent = bytes(range(256)) * (int(size) // 256)
        got = self.method("unary_unary", "Unary")(sent, timeout=self.timeout)
        return f"{len(got)} bytes" if got == sent else "something else"

    def metadata(self, value):
        answer, call = self.method("unary_unary", "Metadata").with_call(
            b"", metadata=[("x-test", value), ("x-test-bin", b"\x00\xff")], timeout=self.timeout
        )
        first, last = dict(call.initial_metadata()), dict(call.trailing_metadata())
        return f"{first['x-test']} {first['x-test-bin'].hex()} {last['last-x-test']}"

    def remaining(self, seconds):
        return self.method("unary_unary", "Remaining")(b"", timeout=float(seconds)).decode()

    def fail(self, text):
        return self.method("unary_unary", "Fail")(text.encode(), timeout=self.timeout).decode()

    def sleep(self, text):
        seconds, timeout = text.split("/")
        return self.method("unary_unary", "Sleep")(seconds.encode(), timeout=float(timeout)).decode()

    def missing(self):
        return self.method("unary_unary", "Missing")(b"", timeout=self.timeout).decode()

    def count(self, number):
        got = [int(m) for m in self.method("unary_stream", "Count")(number.encode(), timeout=self.timeout)]
        return f"{len(got)} messages" if got == list(range(int(number))) else "something else"

    def feed(self, text):
        got = [int(m) for m in self.method("unary_stream", "Feed")(text.encode(), timeout=60)]
        return "in order" if got == list(range(len(got))) and got else "something else"

    def sum(self, number):
        messages = (str(n).encode() for n in range(int(number)))
        return self.method("stream_unary", "Sum")(messages, timeout=self.timeout).decode()

    def chat(self, number):
        return f"{self.converse(int(number))} echoes"

    def idle_chat(self, seconds):
        """Says something, then nothing for so many seconds, then something again, on one stream."""
        return f"{self.converse(2, pause=float(seconds))} echoes"

    def converse(self, count, pause=0.0):
        pending = queue.Queue()
        answers = self.method("stream_stream", "Chat")(iter(pending.get, None), timeout=60)
        for number in range(count):
            if number > 0:
                time.sleep(pause)
            pending.put(str(number).encode())
            if next(answers) != str(number).encode():
                raise ValueError("something else")
        pending.put(None)
        if list(answers):
            raise ValueError("more than was said")
        return count

    def load(self, threads):
        return Load(self, int(threads)).run()


class Load:
    def __init__(self, client, threads):
        self.client = client
        self.threads = threads
        self.is_over = threading.Event()
        self.lock = threading.Lock()
        self.answers = 0
        self.failures = []

    def run(self):
        workers = [threading.Thread(target=self.call) for _ in range(self.threads)]
        workers += [threading.Thread(target=self.converse) for _ in range(self.threads)]
        for worker in workers:
            worker.start()
        while self.answers < 4 * self.threads and not self.failures:
            time.sleep(0.01)
        signal.signal(signal.SIGTERM, lambda number, frame: self.is_over.set())
        print("loaded", flush=True)
        while not self.is_over.wait(0.1):
            pass
        for worker in workers:
            worker.join()
        return f"{self.answers} answers, {len(self.failures)} failures {' '.join(self.failures[:3])}".rstrip()

    def note(self, failure=None):
        with self.lock:
            if failure:
                self.failures.append(failure)
            else:
                self.answers += 1

    def call(self):
        number = 0
        while not self.is_over.is_set():
            number += 1
            try:
                text = f"call {number}"
                self.note(None if self.client.unary(text) == text else "something else")
            except grpc.RpcError as error:
                self.note(f"{error.code().name}: {error.details()}")

    def converse(self):
        """One stream from the beginning of the load to its end."""
        pending = queue.Queue()
        try:
            answers = self.client.method("stream_stream", "Chat")(iter(pending.get, None), timeout=600)
            while not self.is_over.is_set():
                pending.put(b"still there")
                self.note(None if next(answers) == b"still there" else "something else")
                time.sleep(0.002)
            pending.put(None)
            if list(answers):
                self.note("more than was said")
        except grpc.RpcError as error:
            self.note(f"stream {error.code().name}: {error.details()}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", required=True)
    parser.add_argument("--authority")
    parser.add_argument("--ca")
    parser.add_argument("--keepalive", type=int)
    parser.add_argument("calls", nargs="+")
    options = parser.parse_args()
    client = Client(options)
    calls = list(options.calls)
    while calls:
        function = getattr(client, calls.pop(0))
        arguments = [calls.pop(0)] if function.__code__.co_argcount > 1 else []
        try:
            print(function(*arguments), flush=True)
        except grpc.RpcError as error:
            print(f"{error.code().name} {error.details()}", flush=True)


main()
