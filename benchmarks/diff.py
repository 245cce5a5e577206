#!/usr/bin/env python3
"""Schema diffs side by side: two databases of many tables with twenty changes between them. Each tool writes its plan;
the plan is applied to a copy of the old database and counts only if pg_dump then says of it what it says of the new one.

    python3 benchmarks/diff.py                         to standard output
    python3 benchmarks/diff.py --write BENCHMARKS.md   into the marked part of that file

Needs `cargo build --release`; migra comes from the Python registry, pg-delta from the npm registry.
"""

import argparse
import datetime
import os
import pathlib
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile

from runners import ROOT, Contender, Failed, Server, machine, measure, npm, put, row, run, server_program

BEGIN, END = "<!-- diff:begin -->", "<!-- diff:end -->"
MIGRA, PSYCOPG2, SETUPTOOLS, SQLALCHEMY = "3.0.1663481299", "2.9.10", "75.8.0", "2.0.44"
PGDELTA = "1.0.0-alpha.34"

# ---------------------------------------------------------------- the contenders


class Windlass(Contender):
    """Databases on both sides, the plan in its safe forms."""

    flags = ""

    def __init__(self, binary, name="windlass diff", flags=""):
        self.binary, self.name, self.flags = binary, name, flags

    def install(self, scratch):
        if not self.binary.exists():
            raise Failed(f"there is no {self.binary}; run cargo build --release --package windlass-cli")

    def script(self, old, new, folder):
        command = f"{self.binary} --quiet diff --from {shlex.quote(old)} --to {shlex.quote(new)} --allow-destructive {self.flags}"
        return f"{command} > plan.sql"


class Files(Windlass):
    """SQL files on both sides: a throwaway server is started, filled twice and stopped."""

    def script(self, old, new, folder):
        return super().script("old.sql", "new.sql", folder)


class Migra(Contender):
    name = f"migra {MIGRA.split('.')[0]}.{MIGRA.split('.')[1]}"

    def install(self, scratch):
        home = scratch / "migra"
        self.binary = home / "bin/migra"
        wanted = [f"migra=={MIGRA}", f"psycopg2-binary=={PSYCOPG2}", f"setuptools=={SETUPTOOLS}", f"SQLAlchemy=={SQLALCHEMY}"]
        stamp = home / "installed"
        if not stamp.exists() or stamp.read_text() != "\n".join(wanted):
            run(sys.executable, "-m", "venv", "--clear", home)
            run(home / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *wanted)
            stamp.write_text("\n".join(wanted))

    def script(self, old, new, folder):
        # It ends with 2 where the databases differ; it knows only one name of the scheme.
        old, new = (shlex.quote(url.replace("postgres://", "postgresql://")) for url in (old, new))
        return f"{self.binary} --unsafe {old} {new} > plan.sql; [ $? = 2 ]"


class PgDelta(Contender):
    name = f"pg-delta {PGDELTA}"

    def install(self, scratch):
        npm(scratch, "@supabase/pg-delta", PGDELTA)
        self.binary = scratch / "npm/node_modules/.bin/pgdelta"

    def script(self, old, new, folder):
        return f"{self.binary} plan --source {shlex.quote(old)} --desired {shlex.quote(new)} --renames off --out plan.json > said"

    def finish(self, folder):
        """Its plan is JSON; what makes SQL of it is not measured."""
        run(self.binary, "render", "--plan", folder / "plan.json", "--out", folder / "rendered.sql", "--allow-drops")
        parts = sorted(folder.glob("rendered*.sql"))
        (folder / "plan.sql").write_text("".join(part.read_text() for part in parts))


# ---------------------------------------------------------------- the schemas


def schema(tables):
    """Tables of ten columns, a key, two indexes and a foreign key each."""
    out = []
    for number in range(tables):
        columns = ["id bigint PRIMARY KEY", "name varchar(80) NOT NULL", "parent_id bigint", "state integer DEFAULT 0 NOT NULL"]
        columns += ["made_at timestamptz DEFAULT now() NOT NULL", "payload jsonb"]
        columns += [f"c{column} text" for column in range(4)]
        out.append(f"CREATE TABLE t{number} ({', '.join(columns)});")
        out.append(f"CREATE INDEX t{number}_name ON t{number} (name);")
        out.append(f"CREATE INDEX t{number}_state ON t{number} (state, made_at) WHERE state > 0;")
        if number:
            out.append(
                f"ALTER TABLE t{number} ADD CONSTRAINT t{number}_parent FOREIGN KEY (parent_id) REFERENCES t{number - 1};"
            )
    return "\n".join(out) + "\n"


def changes(tables):
    """Twenty of them, spread over the tables."""
    step = max(1, tables // 25)
    at = [f"t{number * step}" for number in range(1, 21)]
    out = [f"ALTER TABLE {table} ADD COLUMN added integer DEFAULT 7;" for table in at[:5]]
    out += [f"CREATE INDEX {table}_c0 ON {table} (c0);" for table in at[5:8]]
    out += [f"DROP INDEX {table}_name;" for table in at[8:10]]
    out += [f"ALTER TABLE {table} ALTER COLUMN name TYPE varchar(120);" for table in at[10:12]]
    out += [f"ALTER TABLE {table} ALTER COLUMN state SET DEFAULT 1;" for table in at[12:14]]
    out += [f"ALTER TABLE {table} ADD CONSTRAINT {table}_check CHECK (state >= 0);" for table in at[14:16]]
    out += [f"ALTER TABLE {at[16]} ALTER COLUMN c1 SET NOT NULL;"]
    out += [f"CREATE TABLE brand_new (id bigint PRIMARY KEY, of_id bigint REFERENCES {at[17]});"]
    out += [f"ALTER TABLE {at[18]} DROP COLUMN c3;"]
    out += [f"CREATE VIEW newest AS SELECT id, name FROM {at[19]} WHERE state > 0;"]
    assert len(out) == 20
    return "\n".join(out) + "\n"


# ---------------------------------------------------------------- the race


class Race:
    def __init__(self, server, folder, options):
        self.server, self.folder, self.options = server, folder, options
        old = schema(options.tables)
        new = old + changes(options.tables)
        for name, text in (("old", old), ("new", new)):
            (folder / f"{name}.sql").write_text(text)
            server.sql("postgres", f"CREATE DATABASE {name}")
            self.psql(name, folder / f"{name}.sql")
        self.wanted = self.dump("new")

    def psql(self, database, file):
        done = subprocess.run(
            [server_program("psql"), "-qX", "-v", "ON_ERROR_STOP=1", "-d", self.server.url(database), "-f", str(file)],
            capture_output=True, text=True,
        )
        if done.returncode != 0:
            raise Failed("the plan is refused: " + done.stderr.strip().splitlines()[-1][:120])

    def dump(self, database):
        """What pg_dump says, line by line by object; the order of columns does not count."""
        done = subprocess.run(
            [server_program("pg_dump"), "--schema-only", "-d", self.server.url(database)], capture_output=True, text=True, check=True
        )
        objects, name = {}, None
        for line in done.stdout.splitlines():
            if line.startswith("-- Name: "):
                name = line
            elif name and line.strip() and not line.startswith(("--", "\\", "SET ")):
                objects.setdefault(name, []).append(line.strip().rstrip(","))
        return {name: sorted(lines) for name, lines in objects.items()}

    def run(self, contenders):
        samples, verdicts = {}, {}
        for contender in contenders:
            contender.install(self.options.scratch)
            (self.folder / contender.key).mkdir()
            for name in ("old.sql", "new.sql"):
                (self.folder / contender.key / name).write_text((self.folder / name).read_text())
        for number in range(self.options.rounds + 1):
            for contender in contenders:
                if verdicts.get(contender.key, "right") != "right":
                    continue
                print(f"round {number} of {self.options.rounds}: {contender.name}", file=sys.stderr)
                home = self.folder / contender.key
                script = contender.script(self.server.url("old"), self.server.url("new"), home)
                try:
                    sample = measure(["sh", "-c", script], self.environment(), home, self.options.timeout)
                    if number == 0:  # warms up, and is judged
                        verdicts[contender.key] = self.judge(contender, home)
                    else:
                        samples.setdefault(contender.key, []).append(sample)
                except Failed as why:
                    verdicts[contender.key] = str(why)
        return samples, verdicts

    def environment(self):
        folder = os.environ.get("PG_BINDIR")
        return {"PG_BINDIR": folder} if folder else {}

    def judge(self, contender, home):
        """Applies the plan to a copy of the old database."""
        if hasattr(contender, "finish"):
            contender.finish(home)
        self.server.sql("postgres", "DROP DATABASE IF EXISTS tried WITH (FORCE)", "CREATE DATABASE tried TEMPLATE old")
        self.psql("tried", home / "plan.sql")
        found = self.dump("tried")
        wrong = sorted(name for name in {*found, *self.wanted} if found.get(name) != self.wanted.get(name))
        return f"wrong in {len(wrong)} objects, such as {wrong[0]}" if wrong else "right"


def report(contenders, samples, verdicts, options, facts):
    ours = contenders[0]
    median = lambda contender: statistics.median(it.ms for it in samples[contender.key])
    lines = [
        f"{facts['date']}, {facts['machine']}, {facts['server']}; load {facts['load']}. {options.tables} tables of ten columns, a key, two "
        f"indexes and a foreign key each; twenty changes. Whole commands, median of {options.rounds} rounds; each plan is applied to a "
        "copy of the old database and compared with the new one by pg_dump.\n",
        row("", "seconds", "fastest", "slowest", "CPU, s", "memory, MB", "plan", "÷ windlass"),
        "| --- | ---: | ---: | ---: | ---: | ---: | --- | ---: |",
    ]
    for contender in contenders:
        taken = samples.get(contender.key)
        if not taken:
            lines.append(row(contender.name, "", "", "", "", "", verdicts[contender.key], ""))
            continue
        ratio = f"{median(contender) / median(ours):.1f}" if samples.get(ours.key) else ""
        lines.append(
            row(
                contender.name,
                f"{median(contender) / 1000:.2f}",
                f"{min(it.ms for it in taken) / 1000:.2f}",
                f"{max(it.ms for it in taken) / 1000:.2f}",
                f"{statistics.median(it.cpu_ms for it in taken) / 1000:.2f}",
                f"{max(it.rss_mb for it in taken):.0f}",
                verdicts[contender.key],
                ratio,
            )
        )
    peers = [it for it in contenders if not isinstance(it, Windlass) and samples.get(it.key)]
    if peers and samples.get(ours.key):
        best = min(peers, key=median)
        lines.append(
            f"\nThe fastest of the others, {best.name}, takes {median(best) / median(ours):.1f} times as long as windlass diff, which "
            f"{'keeps' if median(ours) < 1000 else 'does not keep'} below one second."
        )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=pathlib.Path, default=ROOT / "target/bench", help="for peers and the server; on a disk")
    parser.add_argument("--windlass", type=pathlib.Path, default=ROOT / "target/release/windlass", help="the program to measure")
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one command")
    parser.add_argument("--write", type=pathlib.Path, help="a file whose marked part is replaced, such as BENCHMARKS.md")
    options = parser.parse_args()
    if options.write and not all(mark in options.write.read_text() for mark in (BEGIN, END)):
        parser.error(f"{options.write} lacks the lines {BEGIN} and {END}")
    options.scratch = options.scratch.resolve()
    options.scratch.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))

    binary = options.windlass.resolve()
    contenders = [
        Windlass(binary),
        Windlass(binary, "windlass diff --no-online", "--no-online"),
        Files(binary, "windlass diff, files on both sides, throwaway server included"),
        Windlass(binary, "windlass diff --prove", "--prove"),
        Migra(),
        PgDelta(),
    ]
    for number, contender in enumerate(contenders):
        contender.key = f"c{number}"
    load_before, server = os.getloadavg()[0], None
    try:
        server = Server(options.scratch)
        with tempfile.TemporaryDirectory(prefix="diff-", dir=options.scratch) as folder:
            samples, verdicts = Race(server, pathlib.Path(folder), options).run(contenders)
        facts = {
            "date": datetime.date.today(),
            "machine": machine(),
            "server": "PostgreSQL " + server.sql("postgres", "SHOW server_version").split()[0],
            "load": f"{load_before:.1f} before and {os.getloadavg()[0]:.1f} after",
        }
        text = report(contenders, samples, verdicts, options, facts)
        for private, instead in ((server.password, "…"), (str(options.scratch), "…"), (f"{ROOT}/", "")):
            text = text.replace(private, instead)
    finally:
        if server:
            server.stop()
    print(text)
    if options.write:
        put(options.write, text, (BEGIN, END))


if __name__ == "__main__":
    main()
