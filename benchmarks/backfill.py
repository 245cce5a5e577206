#!/usr/bin/env python3
"""A column of many rows filled in several ways, side by side, under the same traffic: one UPDATE, a script of
1,000-row batches, the form that pgroll uses, and Windlass.

Each way gets a copy of the same table after a checkpoint, and counts only if every row is as one UPDATE leaves
it. Traffic keeps a schedule whatever the server does; a request's latency counts from when it was due.
"""

import argparse
import datetime
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from runners import ROOT, Failed, Server, filesystem, last_words, machine, put, row, server_program

BEGIN, END = "<!-- backfill:begin -->", "<!-- backfill:end -->"
TICKS = os.sysconf("SC_CLK_TCK")
CHANGE = "UPDATE leads SET direction = md5(payload) WHERE direction IS NULL"

# ---------------------------------------------------------------- the ways


class Way:
    """A way to fill the column: what it prepares in the database, and its command."""

    needs_windlass = False

    def __init__(self, name):
        self.name = name

    def prepare(self, bench, database):
        pass

    def command(self, bench, database):
        return bench.psql(database, "-c", self.sql), {}


class Single(Way):
    sql = CHANGE


class Script(Way):
    """What one writes by hand: the next thousand rows that are not done, and a commit."""

    sql = """DO $$
        DECLARE changed bigint;
        BEGIN
          LOOP
            UPDATE leads SET direction = md5(payload)
             WHERE id IN (SELECT id FROM leads WHERE direction IS NULL ORDER BY id LIMIT 1000);
            GET DIAGNOSTICS changed = ROW_COUNT;
            EXIT WHEN changed = 0;
            COMMIT;
          END LOOP;
        END $$"""


class Pgroll(Way):
    """pgroll's form: a trigger computes the value, each batch of 1,000 touches the key of the rows behind the last one."""

    sql = """DO $$
        DECLARE last bigint := 0;
        BEGIN
          LOOP
            WITH batch AS (
              SELECT id FROM leads WHERE needs_backfill AND id > last ORDER BY id LIMIT 1000 FOR NO KEY UPDATE
            ), touched AS (
              UPDATE leads SET id = leads.id FROM batch WHERE leads.id = batch.id RETURNING leads.id
            ) SELECT max(id) INTO last FROM touched;
            EXIT WHEN last IS NULL;
            COMMIT;
          END LOOP;
        END $$"""

    def prepare(self, bench, database):
        bench.server.sql(
            database,
            "ALTER TABLE leads ADD needs_backfill boolean DEFAULT true",
            """CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS
               'BEGIN NEW.direction := md5(NEW.payload); NEW.needs_backfill := false; RETURN NEW; END'""",
            "CREATE TRIGGER fill BEFORE INSERT OR UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION fill()",
        )


class Windlass(Way):
    needs_windlass = True

    def __init__(self, name, options=""):
        super().__init__(name)
        self.options = options

    def command(self, bench, database):
        folder = pathlib.Path(tempfile.mkdtemp(dir=bench.folder))
        (folder / "0001_fill.sql").write_text(f"-- windlass: backfill fill on leads {self.options}\n{CHANGE};\n")
        return [str(bench.options.windlass), "upgrade", "--dir", str(folder)], {"DATABASE_URL": bench.server.url(database)}


WAYS = [
    Single("one UPDATE"),
    Script("script, `IN (SELECT … LIMIT 1000)`"),
    Pgroll("pgroll's form, 1,000 rows"),
    Windlass("windlass"),
    Windlass("windlass, throttle off", "throttle=off"),
    Windlass("windlass, 2 workers", "workers=2"),
    Windlass("windlass, 4 workers", "workers=4"),
    Windlass("windlass, by tenant", "by tenant_id as business"),
]

# ---------------------------------------------------------------- measuring


class Backends(threading.Thread):
    """Processor time of the server's processes that do the work, by their application_name."""

    def __init__(self, server, database):
        super().__init__(daemon=True)
        self.server, self.database = server, database
        self.seconds, self.names, self.done = {}, {}, threading.Event()

    def run(self):
        looked = 0.0
        while not self.done.is_set():
            if time.monotonic() - looked > 0.3:
                looked = time.monotonic()
                try:
                    found = self.server.sql(
                        "postgres",
                        f"SELECT pid, application_name FROM pg_stat_activity WHERE datname = '{self.database}' "
                        "AND (application_name = 'bench' OR application_name LIKE 'windlass%')",
                    ).splitlines()
                except Failed:
                    found = []
                for line in found:
                    pid, name = line.split("|")
                    self.seconds.setdefault(int(pid), 0.0)
                    self.names[int(pid)] = name
            for pid in list(self.seconds):
                try:
                    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                    self.seconds[pid] = (int(fields[11]) + int(fields[12])) / TICKS
                except OSError:
                    pass
            self.done.wait(0.03)

    def finish(self):
        self.done.set()
        self.join()
        for pid, seconds in self.seconds.items():
            print(f"  {self.names[pid]}: {seconds:.2f} s of processor time", file=sys.stderr)
        return sum(self.seconds.values())


class Traffic:
    """Two pgbench processes at a fixed rate: 160 reads and 40 updates of single rows a second."""

    def __init__(self, bench, database):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=bench.folder))
        self.running = []
        scripts = {
            "read": (160, "SELECT payload, direction FROM leads WHERE id = :id;"),
            "write": (40, "UPDATE leads SET touched = touched + 1 WHERE id = :id;"),
        }
        for name, (rate, sql) in scripts.items():
            script = self.folder / f"{name}.sql"
            script.write_text(f"\\set id random(1, {bench.options.rows})\n{sql}\n")
            command = [
                server_program("pgbench"), "-n", "-M", "prepared", "-c", "4", "-j", "1", "-T", "86400", "-R", str(rate), "-l",
                f"--log-prefix={self.folder / name}", "-f", script, "-h", "127.0.0.1", "-p", str(bench.server.port),
                "-U", "bench", database,
            ]
            environment = {**os.environ, "PGPASSWORD": bench.server.password, "PGAPPNAME": "traffic"}
            self.running.append(subprocess.Popen(
                [str(word) for word in command], env=environment, cwd=self.folder,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            ))

    def stop(self, began, ended):
        """Milliseconds from when a request was due, of those due between the two times."""
        time.sleep(2)
        for process in self.running:
            process.terminate()
            process.wait()
        found = {}
        for name in ("read", "write"):
            latencies = []
            for log in self.folder.glob(f"{name}.[0-9]*"):
                for line in log.read_text().splitlines():
                    words = line.split()
                    if len(words) < 7:
                        continue
                    took = float(words[2]) / 1e6
                    due = float(words[4]) + float(words[5]) / 1e6 - took
                    if began <= due <= ended:
                        latencies.append(took * 1000)
            found[name] = sorted(latencies)
        return found


def percentile(values, share):
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


class Outcome:
    pass


class Bench:
    def __init__(self, server, folder, options):
        self.server, self.folder, self.options = server, folder, options

    def psql(self, database, *words):
        url = f"host=127.0.0.1 port={self.server.port} user=bench dbname={database} application_name=bench"
        return [str(server_program("psql")), "-qX", "-v", "ON_ERROR_STOP=1", url, *words]

    def base(self):
        rows = self.options.rows
        self.server.sql(
            "postgres", "CREATE DATABASE base",
        )
        self.server.sql(
            "base",
            """CREATE TABLE leads (id bigserial PRIMARY KEY, tenant_id int NOT NULL, payload text NOT NULL, direction text,
                                   touched int NOT NULL DEFAULT 0)""",
            f"""INSERT INTO leads (tenant_id, payload)
                SELECT (power(random(), 3) * 500)::int, repeat(md5(g::text), 3) FROM generate_series(1, {rows}) g""",
            "CREATE INDEX leads_tenant ON leads (tenant_id, id)",
            "VACUUM ANALYZE leads",
        )

    def fresh(self, database):
        self.server.sql(
            "postgres", f"DROP DATABASE IF EXISTS {database} WITH (FORCE)",
            f"CREATE DATABASE {database} TEMPLATE base STRATEGY FILE_COPY", "CHECKPOINT",
        )

    def facts(self, database):
        return [int(word) for word in self.server.sql(
            database,
            "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'), pg_relation_size('leads'), pg_indexes_size('leads')",
        ).split("|")]

    def idle(self, seconds):
        """The traffic alone."""
        self.fresh("run")
        traffic = Traffic(self, "run")
        time.sleep(2)
        began = time.time()
        time.sleep(seconds)
        return traffic.stop(began, time.time())

    def measure(self, way):
        self.fresh("run")
        way.prepare(self, "run")
        logged = (self.server.home / "log").stat().st_size
        traffic = Traffic(self, "run")
        time.sleep(2)
        before = self.facts("run")
        command, environment = way.command(self, "run")
        backends = Backends(self.server, "run")
        backends.start()
        outcome, began = Outcome(), time.time()
        environment = {**os.environ, "PGPASSWORD": self.server.password, **environment}
        with tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            ended = time.time()
            said.seek(0)
            words = said.read()
        outcome.cpu = backends.finish()
        after = self.facts("run")
        outcome.traffic = traffic.stop(began, ended)
        if process.returncode != 0:
            raise Failed(last_words(words))
        wrong = self.server.sql("run", "SELECT count(*) FROM leads WHERE direction IS DISTINCT FROM md5(payload)")
        if wrong != "0":
            raise Failed(f"{wrong} rows are not filled")
        rows = self.options.rows
        outcome.seconds, outcome.rate = ended - began, rows / (ended - began)
        outcome.per_cpu = rows / outcome.cpu if outcome.cpu else float("nan")
        outcome.wal = (after[0] - before[0]) / rows
        outcome.heap = (before[1] / 2**20, after[1] / 2**20)
        outcome.index = (before[2] / 2**20, after[2] / 2**20)
        outcome.client_mb = usage.ru_maxrss * 1024 / 1e6
        outcome.wait = self.longest_wait(logged, set(backends.seconds))
        return outcome

    def longest_wait(self, logged, ours):
        """Milliseconds that the traffic waited for a lock of ours, by the server's own log; waits below 50 ms are not in it."""
        with open(self.server.home / "log", errors="replace") as log:
            log.seek(logged)
            text = log.read()
        longest, holders = 0.0, {}
        for line in text.splitlines():
            said = re.search(r"process (\d+) still waiting for .* after", line)
            if said:
                current = int(said[1])
            holding = re.search(r"Process(?:es)? holding the lock: ([\d, ]+)", line)
            if holding:
                holders[current] = {int(pid) for pid in holding[1].split(",")}
            got = re.search(r"process (\d+) acquired .* after ([\d.]+) ms", line)
            if got and int(got[1]) not in ours and holders.get(int(got[1]), set()) & ours:
                longest = max(longest, float(got[2]))
        return longest


# ---------------------------------------------------------------- the report


def latencies(values):
    shares = [percentile(values, 0.5), percentile(values, 0.99), values[-1] if values else float("nan")]
    return " / ".join(f"{value:.0f}" if value >= 10 else f"{value:.1f}" for value in shares)


def report(bench, idles, outcomes, facts):
    single = next((it for name, it in outcomes if name == WAYS[0].name and not isinstance(it, Failed)), None)
    merged = {name: sorted(value for idle in idles for value in idle[name]) for name in ("read", "write")}
    lines = [
        f"{facts['date']}; {facts['machine']}; {facts['server']}, shared_buffers 512 MB, fsync on, on {facts['filesystem']}; load",
        f"average {facts['load']}. {bench.options.rows:,} rows of 500 tenants, 160 reads and 40 updates a second meanwhile.",
        "",
        row("way", "s", "rows/s", "rows per CPU-s", "÷ one UPDATE", "WAL B/row", "heap MB", "indexes MB", "reads ms p50 / p99 / max",
            "updates ms p50 / p99 / max", "longest wait ms", "client MB"),
        row("---", *["---:"] * 11),
        row("traffic alone", *["-"] * 7, latencies(merged["read"]), latencies(merged["write"]), "-", "-"),
    ]
    for name, it in outcomes:
        if isinstance(it, Failed):
            lines.append(row(name, f"failed: {it}".replace("|", "/"), *["-"] * 10))
            continue
        share = f"{it.per_cpu / single.per_cpu:.2f}" if single else "-"
        waited = f"{it.wait:.0f}" if it.wait else "< 50"
        lines.append(row(
            name, f"{it.seconds:.1f}", f"{it.rate:,.0f}", f"{it.per_cpu:,.0f}", share, f"{it.wal:.0f}",
            f"{it.heap[0]:.0f} → {it.heap[1]:.0f}", f"{it.index[0]:.0f} → {it.index[1]:.0f}",
            latencies(it.traffic["read"]), latencies(it.traffic["write"]), waited, f"{it.client_mb:.0f}",
        ))
    text = "\n".join(lines)
    for private, instead in ((facts["password"], "…"), (str(bench.folder), "…"), (f"{ROOT}/", "")):
        text = text.replace(private, instead)
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=pathlib.Path, default=ROOT / "target/bench", help="for the server; on a disk")
    parser.add_argument("--windlass", type=pathlib.Path, default=ROOT / "target/release/windlass", help="the program to measure")
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--only", default="", help="numbers of ways, with commas between, from 1")
    parser.add_argument("--write", type=pathlib.Path, help="a file whose marked part is replaced, such as BENCHMARKS.md")
    options = parser.parse_args()
    if not options.windlass.exists():
        parser.error(f"there is no program {options.windlass}; `cargo build --release` makes it")
    if options.write and not all(mark in options.write.read_text() for mark in (BEGIN, END)):
        parser.error(f"{options.write} lacks the lines {BEGIN} and {END}")
    only = [int(word) for word in options.only.split(",") if word]
    ways = [way for number, way in enumerate(WAYS, 1) if not only or number in only]
    options.scratch = options.scratch.resolve()
    options.scratch.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
    load_before, server, folder = os.getloadavg()[0], None, None
    try:
        server = Server(options.scratch)
        server.sql("postgres", *(f"ALTER SYSTEM SET {setting}" for setting in (
            "shared_buffers = '512MB'", "max_wal_size = '4GB'", "log_lock_waits = on", "deadlock_timeout = '50ms'",
            "autovacuum_naptime = '10s'")))
        server.program("pg_ctl", "restart", "-w", "-D", server.home / "data", "-l", server.home / "log")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="backfill-", dir=options.scratch))
        bench, outcomes, idles = Bench(server, folder, options), [], []
        bench.base()
        for way in ways:
            print(way.name, file=sys.stderr)
            # Before each, because a machine's noise changes.
            idles.append(bench.idle(10))
            try:
                outcomes.append((way.name, bench.measure(way)))
            except Failed as why:
                outcomes.append((way.name, why))
        text = report(bench, idles, outcomes, {
            "date": datetime.date.today(),
            "machine": machine(),
            "server": "PostgreSQL " + server.sql("postgres", "SHOW server_version").split()[0],
            "filesystem": filesystem(options.scratch),
            "load": f"{load_before:.1f} before and {os.getloadavg()[0]:.1f} after",
            "password": server.password,
        })
    finally:
        if server:
            server.stop()
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    print(text)
    if options.write:
        put(options.write, text, (BEGIN, END))


if __name__ == "__main__":
    main()
