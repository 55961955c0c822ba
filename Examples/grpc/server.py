"""A gRPC service `hello.Greeter` without generated code: python3 server.py PORT

Messages are plain text instead of protocol buffers, which makes no difference to what lies between.
"""

import concurrent.futures
import sys

import grpc


def greet(request, context):
    return b"Hello, " + request


def greet_each(requests, context):
    for request in requests:
        yield b"Hello, " + request


greeter = grpc.method_handlers_generic_handler(
    "hello.Greeter",
    {
        "Greet": grpc.unary_unary_rpc_method_handler(greet),
        "GreetEach": grpc.stream_stream_rpc_method_handler(greet_each),
    },
)
server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
server.add_generic_rpc_handlers([greeter])
port = server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}")
server.start()
print(f"listening on http://127.0.0.1:{port}", flush=True)
server.wait_for_termination()
