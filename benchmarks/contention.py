#!/usr/bin/env python3
"""What an application notices of a migration on a hot table, runner beside runner, in one run.

An application of 20 clients sends transactions by the clock (pgbench with a rate; latency counts from the
scheduled start, so a stall is not hidden by clients that wait). Somebody gets in the way, a runner applies
one revision, and the latencies say what that cost. Runners come as in runners.py.
"""

import argparse
import datetime
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import runners
from runners import Failed

BEGIN, END = "<!-- contention:begin -->", "<!-- contention:end -->"
LOCK_TIMEOUT = "2s"
CLIENTS, RATE = 20, 100

TABLES = """
CREATE TABLE hot (id int PRIMARY KEY, n int NOT NULL);
INSERT INTO hot SELECT g, g FROM generate_series(1, 100000) g;
CREATE TABLE child (id int PRIMARY KEY, hot_id int, n int NOT NULL);
INSERT INTO child SELECT g, g, g FROM generate_series(1, 1000) g;
CREATE FUNCTION slow(n int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN IF n % 100 = 0 THEN PERFORM pg_sleep(0.01); END IF; RETURN true; END $$;
"""

# Scripts of the application with their weights.
TRAFFIC = {
    "read": (7, "\\set id random(1, 100000)\nSELECT n FROM hot WHERE id = :id;\n"),
    "write": (3, "\\set id random(1, 100000)\nUPDATE hot SET n = n + 1 WHERE id = :id;\n"),
}
CROSSING = {
    "crossing": (1, "BEGIN;\nUPDATE child SET n = n + 1 WHERE id = 1;\n\\sleep 20 ms\nUPDATE hot SET n = n + 1 WHERE id = 1;\nCOMMIT;\n"),
}

ADD = "ALTER TABLE hot ADD COLUMN c int;\n"
HAS_COLUMN = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'hot'::regclass AND attname = 'c'"
HAS_CONSTRAINT = "SELECT count(*) FROM pg_constraint WHERE conname = 'added'"


class Scenario:
    """Who is in the way, the revision, and how to see that it was applied."""

    def __init__(self, name, revision=ADD, applied=HAS_COLUMN, rivals=(), traffic=None, rate=RATE):
        self.name, self.revision, self.applied, self.rivals = name, revision, applied, rivals
        self.traffic, self.rate = {**TRAFFIC, **(traffic or {})}, rate


def idle(sql):
    """A session that does something in a transaction and then nothing for as long as the hold."""
    return lambda hold: f"BEGIN;\n{sql};\n\\! sleep {hold}\nCOMMIT;\n"


def busy(sql):
    return lambda hold: sql.replace("HOLD", str(hold))


def one_after_the_other(seconds):
    """Transactions without a gap between them, for as long as the hold."""
    return lambda hold: (
        f"DO $$ BEGIN FOR i IN 1..{int(hold / seconds)} LOOP PERFORM pg_sleep({seconds}) FROM hot WHERE id = i; COMMIT;"
        " END LOOP; END $$;\n"
    )


SCENARIOS = [
    Scenario("nobody in the way"),
    Scenario("a session idle in its transaction, having read", rivals=[idle("SELECT * FROM hot LIMIT 1")]),
    Scenario("a long query", rivals=[busy("SELECT pg_sleep(HOLD) FROM hot WHERE id = 1;\n")]),
    Scenario("two that hand over, never a gap", rivals=[one_after_the_other(2), one_after_the_other(2)]),
    Scenario("a saturated table, never a gap", rivals=[one_after_the_other(0.2)] * 4),
    Scenario(
        "a foreign key to the hot table, an idle writer",
        "ALTER TABLE child ADD CONSTRAINT added FOREIGN KEY (hot_id) REFERENCES hot NOT VALID;\n",
        HAS_CONSTRAINT,
        [idle("UPDATE hot SET n = n WHERE id = 1")],
    ),
    Scenario(
        "transactions that take the two tables in the other order",
        "ALTER TABLE hot ADD COLUMN c int;\nALTER TABLE child ADD COLUMN c int;\n",
        traffic=CROSSING,
    ),
    Scenario(
        "a constraint whose scan takes 10 s",
        "ALTER TABLE hot ADD CONSTRAINT added CHECK (slow(id));\n",
        HAS_CONSTRAINT,
    ),
]


class PsqlLockTimeout(runners.Psql):
    """The usual advice, without a retry."""

    name = f"psql, lock_timeout {LOCK_TIMEOUT}"

    def command(self, folder, url):
        command, environment = super().command(folder, url)
        return command, {**environment, "PGOPTIONS": f"-c lock_timeout={LOCK_TIMEOUT}"}


class PatientWindlass(runners.Windlass):
    """With the patience of this measurement in the place of ten minutes; the stall budget is the default, 1 s."""

    name = "windlass"

    def __init__(self, binary, patience):
        super().__init__(binary)
        self.patience = patience

    def command(self, folder, url):
        command, environment = super().command(folder, url)
        return command, {**environment, "WINDLASS_LANE_DDL_RETRY_FOR": f"{self.patience}s"}


class PlainPsql(runners.Psql):
    name = "psql"


class Traffic:
    """pgbench at a rate, its log of latencies, and an end that is not waited for."""

    def __init__(self, server, database, folder, scenario):
        self.folder = folder
        command = [runners.server_program("pgbench"), "-n", "-c", CLIENTS, "-j", 2, "-R", scenario.rate, "-T", 100000]
        command += ["-l", f"--log-prefix={folder}/traffic", "-h", "127.0.0.1", "-p", server.port, "-U", "bench"]
        for name, (weight, script) in scenario.traffic.items():
            file = folder / f"{name}.sql"
            file.write_text(script)
            command += ["-f", f"{file}@{weight}"]
        environment = {**os.environ, "PGPASSWORD": server.password, "PGAPPNAME": "traffic"}
        said = open(folder / "said", "w+")
        self.process = subprocess.Popen([*map(str, command), database], env=environment, stdout=said, stderr=said)

    def end(self):
        """Its latencies in ms by the second of their end, and how many transactions failed."""
        self.process.send_signal(signal.SIGALRM)  # as when -T is over
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        latencies, seconds, failed = [], {}, 0
        for log in self.folder.glob("traffic.*"):
            for line in log.read_text().splitlines():
                words = line.split()
                if words[2] == "failed":
                    failed += 1
                    continue
                latencies.append(int(words[2]) / 1000)
                seconds[int(words[4])] = seconds.get(int(words[4]), 0) + 1
        if not latencies:
            raise Failed(f"the traffic did not flow: {runners.last_words((self.folder / 'said').read_text())}")
        silent = sum(1 for it in range(min(seconds), max(seconds)) if it not in seconds)
        return sorted(latencies), silent, failed


def rival(server, database, script):
    process = subprocess.Popen(
        [runners.server_program("psql"), "-qX", "-h", "127.0.0.1", "-p", str(server.port), "-U", "bench", "-d", database],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "PGPASSWORD": server.password, "PGAPPNAME": "rival"},
    )
    process.stdin.write(script)
    process.stdin.close()
    return process


def play(server, scenario, contender, folder, options):
    """One scenario with one contender, as the cells of its row."""
    database = "contention"
    server.fresh(database, in_use=False)
    server.sql(database, TABLES)
    files = folder / "revisions"
    files.mkdir()
    contender.write(files, [scenario.revision])
    rivals, traffic = [], Traffic(server, database, folder, scenario)
    try:
        time.sleep(2)
        for script in scenario.rivals:
            rivals.append(rival(server, database, script(options.hold)))
            # The second of two that hand over begins in the middle of the first one's turn.
            time.sleep(1 if len(scenario.rivals) == 2 else 0.05)
        time.sleep(1.5 if scenario.rivals else 0)
        command, environment = contender.command(files, server.url(database))
        began = time.monotonic()
        try:
            runners.measure(command, environment, files, options.hold + options.patience + 60)
            came = "exit 0"
        except Failed as why:
            came = str(why).split(":")[0]
        took = time.monotonic() - began
        time.sleep(1)
        latencies, silent, failed = traffic.end()
    finally:
        for process in [*rivals, traffic.process]:
            if process.poll() is None:
                process.kill()
            process.wait()
    applied = server.sql(database, scenario.applied) == "1"
    p99 = latencies[int(len(latencies) * 0.99)]
    return [contender.name, came, "yes" if applied else "no", f"{took:.1f}", f"{latencies[-1]:,.0f}", f"{p99:,.0f}",
            str(silent), str(failed)]


def report(played, facts, options):
    lines = [
        f"{facts['date']}; {facts['machine']}; {facts['server']}; load average {facts['load']}. Whoever is in the way holds the",
        f"table for {options.hold} s. {CLIENTS} clients, {RATE} transactions per second by the clock, 70 % reads. Windlass with its default",
        f"stall budget of 1 s, and {options.patience} s of patience instead of ten minutes.",
    ]
    head = ["runner", "result", "applied", "took s", "longest ms", "p99 ms", "seconds without an answer", "failed transactions"]
    for scenario, rows in played:
        lines += ["", f"**{scenario.name[0].upper()}{scenario.name[1:]}**: `{' '.join(scenario.revision.split())}`", ""]
        lines += [runners.row(*head), runners.row("---", "---", "---", *["---:"] * 5)]
        lines += [runners.row(*cells) for cells in rows]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=pathlib.Path, default=runners.ROOT / "target/bench", help="for peers and the server")
    parser.add_argument("--windlass", type=pathlib.Path, default=runners.ROOT / "target/release/windlass", help="the program to measure")
    parser.add_argument("--only", default="", help="contenders, with commas between: psql, windlass, sqlx-cli, dbmate, alembic")
    parser.add_argument("--scenario", default="", help="only those with this in their name")
    parser.add_argument("--hold", type=int, default=10, help="seconds that somebody is in the way")
    parser.add_argument("--patience", type=int, default=30, help="seconds after which windlass gives up")
    parser.add_argument("--write", type=pathlib.Path, help="a file whose marked part is replaced, such as BENCHMARKS.md")
    options = parser.parse_args()
    options.scratch = options.scratch.resolve()
    options.scratch.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))

    known = {
        "psql": [PlainPsql(), PsqlLockTimeout()],
        "sqlx-cli": [runners.Sqlx()],
        "dbmate": [runners.Dbmate()],
        "alembic": [runners.AlembicOnce()],
        "windlass": [PatientWindlass(options.windlass.resolve(), options.patience)],
    }
    only = [name for name in options.only.split(",") if name] or list(known)
    contenders, absent = [], {}
    for contender in (it for name in only for it in known[name]):
        try:
            contender.install(options.scratch)
            contenders.append(contender)
        except (Failed, OSError, StopIteration) as why:
            absent[contender.name] = why
    load, server, played = os.getloadavg()[0], None, []
    try:
        server = runners.Server(options.scratch)
        for scenario in SCENARIOS:
            if options.scenario not in scenario.name:
                continue
            rows = []
            for contender in contenders:
                with tempfile.TemporaryDirectory(prefix="contention-", dir=options.scratch) as folder:
                    try:
                        rows.append(play(server, scenario, contender, pathlib.Path(folder), options))
                    except Failed as why:
                        rows.append([contender.name, f"failed: {why}".replace("|", "/"), *["-"] * 6])
                print(f"{scenario.name}: {' '.join(rows[-1])}", file=sys.stderr)
            rows += [[name, f"not installed: {why}", *["-"] * 6] for name, why in absent.items()]
            played.append((scenario, rows))
        facts = {
            "date": datetime.date.today(),
            "machine": runners.machine(),
            "server": "PostgreSQL " + server.sql("postgres", "SHOW server_version").split()[0],
            "load": f"{load:.1f} before and {os.getloadavg()[0]:.1f} after",
        }
        text = report(played, facts, options).replace(server.password, "…").replace(f"{runners.ROOT}/", "")
    finally:
        if server:
            server.stop()
    print(text)
    if options.write:
        runners.put(options.write, text, (BEGIN, END))


if __name__ == "__main__":
    main()
