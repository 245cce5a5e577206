#!/usr/bin/env python3
"""Long migrations: one file of very many INSERT statements, applied by `windlass upgrade` and by psql in one transaction,
then looked at again by an upgrade that has nothing to do, by `windlass plan --offline` and by `windlass lint`.

Two sizes, one a tenth of the other: what grows faster than the file shows in the quotient of the two, and the numbers of the
larger are given per megabyte of the file too. An upgrade counts only if all rows are there afterwards.
"""

import argparse
import datetime
import os
import pathlib
import signal
import statistics
import sys
import tempfile

import runners
from runners import Failed

BEGIN, END = "<!-- long:begin -->", "<!-- long:end -->"
STATEMENT = "INSERT INTO big (id, name, amount) VALUES ({0}, 'a customer number {0:08}', {1}.25);\n"


def write(folder, megabytes):
    """The file, and how many statements it holds."""
    size, count = 0, 0
    with open(folder / "0001_big.sql", "w") as file:
        size += file.write("CREATE TABLE big (id int PRIMARY KEY, name text NOT NULL, amount numeric);\n")
        while size < megabytes * 1e6:
            size += file.write(STATEMENT.format(count, count % 1000))
            count += 1
    return count


class Way:
    """A command that is measured; `applies` to a new database each time."""

    def __init__(self, name, command, applies=False, connects=True):
        self.name, self.command, self.applies, self.connects = name, command, applies, connects
        self.samples = {}


def ways(windlass):
    windlass = [str(windlass), "--dir", "."]
    psql = str(runners.server_program("psql"))
    return [
        Way("psql, one transaction", lambda url: [psql, "-qX1", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", "0001_big.sql"], applies=True),
        Way("`windlass upgrade`", lambda _: [*windlass, "upgrade"], applies=True),
        Way("`windlass upgrade`, nothing to do", lambda _: [*windlass, "upgrade"]),
        Way("`windlass plan --offline`", lambda _: [*windlass, "plan", "--offline"], connects=False),
        Way("`windlass lint`", lambda _: [*windlass, "lint", "."], connects=False),
    ]


def measure(server, each, folder, size, count, options):
    for way in each:
        print(f"{size} MB: {way.name}", file=sys.stderr)
        try:
            if way.applies:
                server.fresh("long", in_use=True)
            url = server.url("long")
            environment = {"DATABASE_URL": url} if way.connects else {}
            sample = runners.measure(way.command(url), environment, folder, options.timeout)
            rows = int(server.sql("long", "SELECT count(*) FROM big")) if way.applies else count
            if rows != count:
                raise Failed(f"exit 0, with {rows} of {count} rows")
            way.samples.setdefault(size, []).append(sample)
        except Failed as why:
            way.samples[size] = why
            return


def report(each, sizes, facts):
    small, large = sizes
    lines = [
        f"{facts['date']}; {facts['machine']}; {facts['server']} with its defaults (fsync on), loopback; load average {facts['load']}.",
        f"{facts['rounds']}; the file of {large} MB holds {facts['counts'][large]:,} statements, that of {small} MB {facts['counts'][small]:,}.",
        "",
        runners.row("command", f"{small} MB: s", f"{large} MB: s", "÷ psql", f"{large} MB ÷ {small} MB", "CPU s", "peak MB", "÷ file"),
        runners.row("---", *["---:"] * 7),
    ]
    floor = None
    for way in each:
        failed = [way.samples[size] for size in sizes if isinstance(way.samples.get(size), Failed)]
        if failed or not all(way.samples.get(size) for size in sizes):
            lines.append(runners.row(way.name, f"failed: {failed[0]}" if failed else "-", *["-"] * 6))
            continue
        walls = {size: statistics.median(it.ms for it in way.samples[size]) / 1000 for size in sizes}
        floor = floor or walls[large]
        peak = max(it.rss_mb for it in way.samples[large])
        lines.append(
            runners.row(
                way.name,
                f"{walls[small]:.2f}",
                f"{walls[large]:.2f}",
                f"{walls[large] / floor:.2f}",
                f"{walls[large] / walls[small]:.1f}",
                f"{statistics.median(it.cpu_ms for it in way.samples[large]) / 1000:.2f}",
                f"{peak:.0f}",
                f"{peak / large:.1f}",
            )
        )
    return "\n".join(lines).replace(facts["password"], "…")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=pathlib.Path, default=runners.ROOT / "target/bench", help="for the server; on a disk")
    parser.add_argument("--windlass", type=pathlib.Path, default=runners.ROOT / "target/release/windlass", help="the program to measure")
    parser.add_argument("--megabytes", type=int, default=50, help="of the larger file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--timeout", type=float, default=600, help="seconds for one command")
    parser.add_argument("--write", type=pathlib.Path, help="a file whose marked part is replaced, such as BENCHMARKS.md")
    options = parser.parse_args()
    if not options.windlass.exists():
        parser.error(f"there is no program {options.windlass}; `cargo build --release` makes it")
    if options.write and not all(mark in options.write.read_text() for mark in (BEGIN, END)):
        parser.error(f"{options.write} lacks the lines {BEGIN} and {END}")
    options.scratch = options.scratch.resolve()
    options.scratch.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))

    load_before, server = os.getloadavg()[0], None
    sizes = (max(options.megabytes // 10, 1), options.megabytes)
    each = ways(options.windlass.resolve())
    try:
        server = runners.Server(options.scratch)
        with tempfile.TemporaryDirectory(prefix="long-", dir=options.scratch) as folder:
            folders = {size: pathlib.Path(folder, str(size)) for size in sizes}
            for at in folders.values():
                at.mkdir()
            counts = {size: write(at, size) for size, at in folders.items()}
            for _ in range(options.rounds):
                for size, at in folders.items():
                    measure(server, each, at, size, counts[size], options)
        facts = {
            "date": datetime.date.today(),
            "machine": runners.machine(),
            "server": "PostgreSQL " + server.sql("postgres", "SHOW server_version").split()[0],
            "load": f"{load_before:.1f} before and {os.getloadavg()[0]:.1f} after",
            "rounds": "Medians of " + (f"{options.rounds} rounds" if options.rounds > 1 else "one round"),
            "counts": counts,
            "password": server.password,
        }
        text = report(each, sizes, facts)
    finally:
        if server:
            server.stop()
    print(text)
    if options.write:
        runners.put(options.write, text, (BEGIN, END))


if __name__ == "__main__":
    main()
