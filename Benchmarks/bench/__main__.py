"""`python3 -m bench`: see README.md beside this package."""

import argparse
import os
import pathlib
import sys
import time

from . import encrypted, instructions, load, machine, many_certificates, peers, report, scenarios, streams

SCENARIOS = (
    scenarios.SCENARIOS
    | instructions.SCENARIOS
    | encrypted.SCENARIOS
    | many_certificates.SCENARIOS
    | streams.SCENARIOS
)


def arguments():
    parser = argparse.ArgumentParser(prog="bench", description="Measure Gatehouse against nginx and HAProxy.")
    parser.add_argument("--scenarios", default=",".join(SCENARIOS), help="comma list: %(default)s")
    parser.add_argument("--peers", default=",".join(peer.name for peer in peers.PEERS), help="comma list: %(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each measurement (%(default)s)")
    parser.add_argument("--seconds", type=float, default=3, help="length of a round (%(default)s)")
    parser.add_argument(
        "--json", type=pathlib.Path, default=load.TOOLS.parent / "bench.json", help="results (%(default)s)"
    )
    parser.add_argument("--readme", action="store_true", help="write a summary into the repository's README.md")
    return parser.parse_args()


def main():
    options = arguments()
    names = options.scenarios.split(",")
    if unknown := [name for name in names if name not in SCENARIOS]:
        sys.exit(f"unknown scenario: {', '.join(unknown)}; there are: {', '.join(SCENARIOS)}")
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("the benchmark needs two cores: one for the proxy, one for load and origin")
    os.environ["PATH"] += ":/usr/sbin:/sbin"

    chosen = [peer for peer in peers.PEERS if peer.name in options.peers.split(",")]
    for peer in chosen:
        if not peer.version():
            print(f"{peer.name} is not here and is left out", file=sys.stderr)
    bench = scenarios.Bench(chosen, options.rounds, options.seconds)
    about = machine.description(chosen)
    settings = {"rounds": options.rounds, "seconds": options.seconds}
    tables = {}
    for name in names:
        began = time.monotonic()
        print(f"{name}...", end="", flush=True, file=sys.stderr)
        tables[name] = SCENARIOS[name](bench)
        print(f" {time.monotonic() - began:.0f} s", file=sys.stderr)

    text = report.markdown(about, settings, tables)
    print(text)
    report.write_json(options.json, about, settings, tables)
    print(f"results in {options.json}", file=sys.stderr)
    if options.readme:
        report.write_readme(report.summary(about, settings, tables))


main()
