#!/usr/bin/env python3
"""How much later an application starts because of its migrations: 1, 10 and 50 replicas started together,
with and without pending revisions, for each way to deploy them.

The application is `date`, which prints when it began. A replica's delay runs from the moment its process is
started to that time; in the floor there is nothing else. A replica that does not come up is counted.
"""

import argparse
import datetime
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import runners

BEGIN, END = "<!-- startup:begin -->", "<!-- startup:end -->"
DATE = ["date", "+%s%N"]


class Way:
    """A way to deploy: what runs once before the replicas, and what each of them is."""

    def __init__(self, name, replica, before=None, beside=None, tool="windlass", most=None):
        self.name, self.replica, self.before, self.beside, self.tool = name, replica, before, beside, tool
        self.most = most  # replicas


def ways(windlass, alembic):
    found = [
        Way("no migrations at all (floor)", DATE, tool=None),
        Way("entrypoint: `windlass exec`", [windlass, "--quiet", "--dir", ".", "exec", "--", *DATE]),
        Way("service before: `windlass upgrade`, then all", DATE, before=[windlass, "--quiet", "--dir", ".", "upgrade"]),
        Way(
            "Job beside: `windlass upgrade`, pods `windlass wait`",
            [windlass, "--quiet", "--dir", ".", "exec", "--no-upgrade", "--", *DATE],
            beside=[windlass, "--quiet", "--dir", ".", "upgrade"],
        ),
    ]
    if alembic:
        script = f"'{alembic.binary}' upgrade head && exec date +%s%N"
        found.append(Way("entrypoint: alembic, no lock", ["sh", "-c", script], tool="alembic", most=10))
    return found


class Round:
    """One start of all replicas."""

    def __init__(self, delays, failed):
        self.delays, self.failed = delays, failed


def start(way, count, folder, environment, timeout):
    """Starts the replicas together and gives each one's delay in milliseconds."""
    began = time.time_ns()
    beside = None
    if way.before:
        subprocess.run(way.before, cwd=folder, env=environment, check=True, capture_output=True, timeout=timeout)
    if way.beside:
        beside = subprocess.Popen(way.beside, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    replicas = []
    for _ in range(count):
        # What runs before them is part of their delay.
        at = began if way.before else time.time_ns()
        replicas.append((at, subprocess.Popen(way.replica, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)))
    delays, failed = [], 0
    for at, process in replicas:
        said, talk = process.communicate(timeout=timeout)
        if process.returncode == 0:
            delays.append((int(said.split()[-1]) - at) / 1e6)
        else:
            failed += 1
            print(f"{way.name}, {count} replicas: exit {process.returncode}: {runners.last_words(talk)}", file=sys.stderr)
    if beside and beside.wait(timeout) != 0:
        raise SystemExit("the migration beside the replicas failed")
    return Round(delays, failed)


def measure(server, found, files, options, folder):
    """Rounds by way, whether revisions are pending, and count; interleaved."""
    results = {}
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "WINDLASS_")) and k != "DATABASE_URL"}
    for tool, contender in files.items():
        (folder / tool).mkdir()
        contender.write(folder / tool, runners.scripts(options.revisions))
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        for count in options.replicas:
            for way in found:
                for is_pending in (False, True):
                    if (way.tool is None and is_pending) or (way.most and count > way.most):
                        continue
                    where = folder / (way.tool or "windlass")
                    environment = {**inherited, "DATABASE_URL": server.url("startup")}
                    server.fresh("startup", in_use=True)
                    if not is_pending and way.tool:
                        command, _ = files[way.tool].command(where, server.url("startup"))
                        subprocess.run(command, cwd=where, env=environment, check=True, capture_output=True)
                    done = start(way, count, where, environment, options.timeout)
                    results.setdefault((way.name, is_pending, count), []).append(done)
    return results


def cell(rounds, count):
    delays = [delay for it in rounds for delay in it.delays]
    failed = sum(it.failed for it in rounds)
    if not delays:
        return "none came up"
    slowest = statistics.median(max(it.delays) for it in rounds if it.delays)
    text = f"{statistics.median(delays):.0f} ({slowest:.0f})"
    return f"{text}, {failed} of {count * len(rounds)} failed" if failed else text


def report(results, found, options, facts):
    lines = [
        f"{facts['date']}; {facts['machine']}; {facts['server']} with its defaults (fsync on, 100 connections), loopback, SCRAM; load average",
        f"{facts['load']}. {options.rounds} rounds; pending means {options.revisions} small revisions.",
        "",
        "Milliseconds until the application began: median of all replicas (the slowest of a start, in the median).",
        "",
        runners.row("way", "pending", *(f"{count} replica{'s' if count > 1 else ''}" for count in options.replicas)),
        runners.row("---", "---", *("---:" for _ in options.replicas)),
    ]
    for is_pending in (False, True):
        for way in found:
            cells = [results.get((way.name, is_pending, count)) for count in options.replicas]
            if any(cells):
                shown = [cell(rounds, count) if rounds else "not tried" for rounds, count in zip(cells, options.replicas)]
                lines.append("| " + " | ".join([way.name, "yes" if is_pending else "no", *shown]) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=pathlib.Path, default=runners.ROOT / "target/bench", help="for the server and alembic; on a disk")
    parser.add_argument("--windlass", type=pathlib.Path, default=runners.ROOT / "target/release/windlass", help="the program to measure")
    parser.add_argument("--without-alembic", action="store_true", help="needs no Python registry")
    parser.add_argument("--replicas", type=lambda text: [int(it) for it in text.split(",")], default=[1, 10, 50])
    parser.add_argument("--revisions", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one start")
    parser.add_argument("--write", type=pathlib.Path, help="a file whose marked part is replaced, such as BENCHMARKS.md")
    options = parser.parse_args()
    options.scratch, options.windlass = options.scratch.resolve(), options.windlass.resolve()
    options.scratch.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
    alembic = None
    if not options.without_alembic:
        alembic = runners.Alembic()
        alembic.install(options.scratch)
    load_before, server = os.getloadavg()[0], None
    try:
        server = runners.Server(options.scratch)
        with tempfile.TemporaryDirectory(prefix="startup-", dir=options.scratch) as folder:
            found = ways(str(options.windlass), alembic)
            files = {"windlass": runners.Windlass(options.windlass), **({"alembic": alembic} if alembic else {})}
            results = measure(server, found, files, options, pathlib.Path(folder))
        facts = {
            "date": datetime.date.today(),
            "machine": runners.machine(),
            "server": "PostgreSQL " + server.sql("postgres", "SHOW server_version").split()[0],
            "load": f"{load_before:.1f} before and {os.getloadavg()[0]:.1f} after",
        }
    finally:
        if server:
            server.stop()
    text = report(results, found, options, facts)
    print(text)
    if options.write:
        runners.put(options.write, text, (BEGIN, END))


if __name__ == "__main__":
    main()
