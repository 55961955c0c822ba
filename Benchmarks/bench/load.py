"""The load generator and the origin: the tools that Package.swift beside this package builds."""

import json
import pathlib
import subprocess

from . import process

TOOLS = pathlib.Path(__file__).parents[1] / ".build/release"


def start_origin(folder):
    """Runs the origin; returns the process and its port."""
    port = process.free_port()
    return process.Process([str(TOOLS / "origin"), "--port", str(port)], process.LOAD_CORE, folder / "origin.log"), port


def write_requests(file, routes, method="GET"):
    lines = ("\t".join((f"{method} {route.host} {route.path}", *route.fields)) for route in routes)
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


class Load:
    """A load generator at work. Its result is a dictionary of what it counted."""

    def __init__(self, kind, peer, folder, **options):
        arguments = [str(TOOLS / "load"), kind, "--port", str(peer.port)]
        for name, value in options.items():
            arguments += [f"--{name}", str(value)]
        self._process = process.Process(
            arguments, process.LOAD_CORE, folder / "load.log", stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def result(self, timeout=120):
        """Waits for the line that the generator prints when it is done."""
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"load generator failed:\n{self._process.output}")
        return json.loads(line)

    def end(self):
        """Closes the generator's standard input, which ends it, and waits."""
        self._process.stdin.close()

    def close(self):
        self.end()
        self._process.wait(30)
        self._process.stdout.close()


def run(kind, peer, folder, **options):
    """A whole run: starts, waits, returns the counts."""
    load = Load(kind, peer, folder, **options)
    try:
        return load.result()
    finally:
        load.close()
