"""What the figures were measured on."""

import os
import pathlib
import platform


def description(peers):
    cpu = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    return {
        "processor": cpu,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "system": _pretty_name(),
        "load_before": round(os.getloadavg()[0], 2),
        "versions": {peer.name: peer.version() for peer in peers},
    }


def _pretty_name():
    for line in pathlib.Path("/etc/os-release").read_text().splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return platform.system()
