"""Calls the service of server.py: python3 client.py HOST:PORT NAME [PERSON ...]"""

import sys

import grpc

target, name, people = sys.argv[1], sys.argv[2], [person.encode() for person in sys.argv[3:]]
with grpc.insecure_channel(target, [("grpc.default_authority", name)]) as channel:
    try:
        greet = channel.unary_unary("/hello.Greeter/Greet")
        print("unary:", greet(people[0], timeout=30).decode())
        greet_each = channel.stream_stream("/hello.Greeter/GreetEach")
        for answer in greet_each(iter(people), timeout=30):
            print("stream:", answer.decode())
    except grpc.RpcError as error:
        print(error.code().name, error.details())
