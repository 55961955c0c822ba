"""A gRPC server without generated code: messages are bytes as they come.

    grpc_server.py [--port PORT] [--name NAME] [--cert FILE --key FILE] [--client-ca FILE]

Prints the port once it listens. Methods of the service `test.Echo`:

    Unary         answers with the message
    Name          answers with the server's name
    Metadata      sends what it was sent as initial and trailing metadata
    Remaining     answers with the whole seconds that are left until the deadline, or `none`
    Fail          ends with the status that the message names: `5 no such thing`
    Sleep         answers after as many seconds as the message says
    Count         sends as many numbers as the message says
    Feed          sends a number whenever so many milliseconds have passed, for so many seconds: `200 3`
    Sum           adds up the numbers that come
    Chat          answers each message as it comes
"""

import argparse
import concurrent.futures
import sys
import time

import grpc


def unary(request, context):
    return request


def metadata(request, context):
    sent = [(key, value) for key, value in context.invocation_metadata() if key.startswith("x-")]
    context.send_initial_metadata(sent)
    context.set_trailing_metadata([("last-" + key, value) for key, value in sent])
    return request


def remaining(request, context):
    left = context.time_remaining()
    return b"none" if left is None or left > 1e6 else str(int(left)).encode()


def fail(request, context):
    code, text = request.decode().split(" ", 1)
    codes = {code.value[0]: code for code in grpc.StatusCode}
    context.abort(codes[int(code)], text)


def sleep(request, context):
    time.sleep(float(request))
    return request


def count(request, context):
    for number in range(int(request)):
        yield str(number).encode()


def feed(request, context):
    interval, seconds = map(float, request.split())
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end and context.is_active():
        yield str(number).encode()
        number += 1
        time.sleep(interval / 1000)


def total(requests, context):
    return str(sum(int(request) for request in requests)).encode()


def chat(requests, context):
    for request in requests:
        yield request


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--name", default="echo")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--client-ca")
    parser.add_argument("--until-killed", action="store_true")
    options = parser.parse_args()

    handlers = {
        "Unary": grpc.unary_unary_rpc_method_handler(unary),
        "Name": grpc.unary_unary_rpc_method_handler(lambda request, context: options.name.encode()),
        "Metadata": grpc.unary_unary_rpc_method_handler(metadata),
        "Remaining": grpc.unary_unary_rpc_method_handler(remaining),
        "Fail": grpc.unary_unary_rpc_method_handler(fail),
        "Sleep": grpc.unary_unary_rpc_method_handler(sleep),
        "Count": grpc.unary_stream_rpc_method_handler(count),
        "Feed": grpc.unary_stream_rpc_method_handler(feed),
        "Sum": grpc.stream_unary_rpc_method_handler(total),
        "Chat": grpc.stream_stream_rpc_method_handler(chat),
    }
    server = grpc.server(
        concurrent.futures.ThreadPoolExecutor(64),
        options=[
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", 64 << 20),
            ("grpc.http2.min_ping_interval_without_data_ms", 100),
            ("grpc.keepalive_permit_without_calls", 1),
            ("grpc.http2.max_ping_strikes", 0),
        ],
    )
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("test.Echo", handlers)])
    address = f"127.0.0.1:{options.port}"
    if options.cert:
        with open(options.key, "rb") as key, open(options.cert, "rb") as chain:
            pair = (key.read(), chain.read())
        authority = None
        if options.client_ca:
            with open(options.client_ca, "rb") as file:
                authority = file.read()
        credentials = grpc.ssl_server_credentials([pair], authority, require_client_auth=authority is not None)
        port = server.add_secure_port(address, credentials)
    else:
        port = server.add_insecure_port(address)
    server.start()
    print(port, flush=True)
    if options.until_killed:
        server.wait_for_termination()
    # Ends with its starter, which holds the other end of standard input.
    sys.stdin.read()
    server.stop(None).wait()


main()
