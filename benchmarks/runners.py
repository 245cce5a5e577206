#!/usr/bin/env python3
"""Migration runners side by side, in one run: an upgrade with nothing to do, with 1 and with 1,000
applied revisions, and applying 1,000 small revisions, on a database in use and on an empty one.

Under them are the floors: psql doing the same without keeping any record, a process that does
nothing, and the fsync of the disk. Peers come from their registries into a scratch folder, in pinned
versions. One that cannot be installed, fails, or leaves another schema than it should, prints the
reason in the place of the number.
"""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import pwd
import random
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- runners:begin -->", "<!-- runners:end -->"
SQLX, DBMATE, GRAPHILE = "0.9.0", "2.36.0", "1.4.1"
ALEMBIC, SQLALCHEMY, PSYCOPG = "1.20.1", "2.1.9", "3.3.9"


class Failed(Exception):
    """Why there is no number."""


# ---------------------------------------------------------------- contenders


def statement(number):
    return f"CREATE TABLE t{number} (id int PRIMARY KEY, a text);\n"


def scripts(count):
    return [statement(number) for number in range(1, count + 1)]


def numbered_files(folder, scripts):
    for number, script in enumerate(scripts, 1):
        (folder / f"{number:04}_t.sql").write_text(script)


class Contender:
    """A runner: how to get it, its files for a list of revisions, and its command to apply them."""

    peer = True  # counts for "the fastest peer"
    has_noop = True  # takes part in the no-op rounds

    def install(self, scratch):
        """Puts the program into the scratch folder, unless that version is there."""

    def noop_command(self, folder, url):
        return self.command(folder, url)


class Psql(Contender):
    """The floor: one session that commits each file and keeps no record of it."""

    name = "psql, a commit per file"
    peer = False
    options = ()

    def install(self, scratch):
        self.binary = str(server_program("psql"))

    def write(self, folder, scripts):
        numbered_files(folder, scripts)
        (folder / "all.psql").write_text("".join(f"\\i {number:04}_t.sql\n" for number in range(1, len(scripts) + 1)))

    def command(self, folder, url):
        return [self.binary, "-qX", "-v", "ON_ERROR_STOP=1", *self.options, "-d", url, "-f", "all.psql"], {}

    def noop_command(self, folder, url):
        """Connects and reads one row."""
        return [self.binary, "-qX", "-d", url, "-c", "SELECT 1"], {}


class PsqlOnce(Psql):
    """The floor for runners that put many revisions into one transaction."""

    name = "psql, one transaction"
    has_noop = False
    options = ("-1",)


class Windlass(Contender):
    name = "windlass"
    peer = False

    def __init__(self, binary, made_by="cargo build --release"):
        self.binary, self.made_by = binary, made_by

    def install(self, scratch):
        if not self.binary.exists():
            raise Failed(f"there is no program {self.binary}; `{self.made_by}` makes it")

    def write(self, folder, scripts):
        numbered_files(folder, scripts)

    def command(self, folder, url):
        return [str(self.binary), "upgrade", "--dir", "."], {"DATABASE_URL": url}


class StaticWindlass(Windlass):
    """The program that the wheel, the npm package and the image hold."""

    name = "windlass, static as in its packages"


class Sqlx(Contender):
    name = f"sqlx-cli {SQLX}"

    def install(self, scratch):
        home = scratch / "sqlx-cli"
        self.binary = home / "bin/sqlx"
        if not self.binary.exists() or SQLX not in output([self.binary, "--version"]):
            run("cargo", "install", "sqlx-cli", "--version", SQLX, "--quiet", "--locked", "--force", "--root", home,
                "--target-dir", scratch / "sqlx-build", "--no-default-features", "--features", "postgres,rustls")

    def write(self, folder, scripts):
        numbered_files(folder, scripts)

    def command(self, folder, url):
        return [str(self.binary), "migrate", "run", "--source", "."], {"DATABASE_URL": url}


class Dbmate(Contender):
    name = f"dbmate {DBMATE}"

    def install(self, scratch):
        npm(scratch, "dbmate", DBMATE)
        # The program itself: the npm package's launcher would add the start of node.
        self.binary = next((scratch / "npm/node_modules/@dbmate").glob("*/bin/dbmate"))

    def write(self, folder, scripts):
        for number, script in enumerate(scripts, 1):
            up_and_down = f"-- migrate:up\n{script}\n-- migrate:down\nDROP TABLE t{number};\n"
            (folder / f"{number:04}_t.sql").write_text(up_and_down)

    def command(self, folder, url):
        return [str(self.binary), "--no-dump-schema", "--migrations-dir", ".", "migrate"], {"DATABASE_URL": url}


class Graphile(Contender):
    name = f"graphile-migrate {GRAPHILE}"

    def install(self, scratch):
        npm(scratch, "graphile-migrate", GRAPHILE)
        self.binary = scratch / "npm/node_modules/.bin/graphile-migrate"

    def write(self, folder, scripts):
        committed = folder / "migrations/committed"
        committed.mkdir(parents=True)
        (folder / "migrations/current.sql").write_text("")
        (folder / ".gmrc").write_text("{}")
        previous = ""
        for number, script in enumerate(scripts, 1):
            body = script.strip()
            digest = "sha1:" + hashlib.sha1(f"{previous}\n{body}".strip().encode() + b"\n").hexdigest()
            head = f"--! Previous: {previous or '-'}\n--! Hash: {digest}\n\n"
            (committed / f"{number:06}.sql").write_text(f"{head}{body}\n")
            previous = digest

    def command(self, folder, url):
        # Asked for by its settings, although `migrate` uses neither.
        root, shadow = url.rsplit("/", 1)[0] + "/postgres?sslmode=disable", url.replace("?", "_shadow?")
        environment = {"DATABASE_URL": url, "ROOT_DATABASE_URL": root, "SHADOW_DATABASE_URL": shadow}
        return [str(self.binary), "migrate"], environment


class Alembic(Contender):
    name = f"alembic {ALEMBIC}, a commit per revision"
    per_migration = True

    def install(self, scratch):
        home = scratch / "alembic"
        self.binary = home / "bin/alembic"
        wanted = [f"alembic=={ALEMBIC}", f"SQLAlchemy=={SQLALCHEMY}", f"psycopg[binary]=={PSYCOPG}"]
        stamp = home / "installed"
        if not stamp.exists() or stamp.read_text() != "\n".join(wanted):
            run(sys.executable, "-m", "venv", "--clear", home)
            run(home / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *wanted)
            stamp.write_text("\n".join(wanted))

    def write(self, folder, scripts):
        (folder / "a/versions").mkdir(parents=True)
        (folder / "alembic.ini").write_text("[alembic]\nscript_location = a\n")
        (folder / "a/env.py").write_text(
            "import os\nfrom alembic import context\nfrom sqlalchemy import create_engine\n"
            "engine = create_engine(os.environ['DATABASE_URL'].replace('postgres://', 'postgresql+psycopg://'))\n"
            "with engine.connect() as connection:\n"
            f"    context.configure(connection=connection, transaction_per_migration={self.per_migration})\n"
            "    with context.begin_transaction():\n        context.run_migrations()\n"
        )
        for number, script in enumerate(scripts, 1):
            down = f"'r{number - 1:06}'" if number > 1 else "None"
            (folder / f"a/versions/r{number:06}.py").write_text(
                f"from alembic import op\nrevision = 'r{number:06}'\ndown_revision = {down}\n"
                f"def upgrade():\n    op.execute({script!r})\n"
            )

    def command(self, folder, url):
        return [str(self.binary), "upgrade", "head"], {"DATABASE_URL": url}


class AlembicOnce(Alembic):
    """What alembic does unless told otherwise."""

    name = f"alembic {ALEMBIC}, one transaction (its default)"
    per_migration = False
    has_noop = False


def run(*command):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(f"{pathlib.Path(command[0]).name}: {last_words(done.stderr or done.stdout)}")


def output(command):
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def npm(scratch, package, version):
    home = scratch / "npm"
    manifest = home / "node_modules" / package / "package.json"
    if not manifest.exists() or json.loads(manifest.read_text())["version"] != version:
        home.mkdir(exist_ok=True)
        run("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", home, f"{package}@{version}")


# ---------------------------------------------------------------- server


def server_program(name):
    """A program of the newest PostgreSQL found, where scripts/setup.sh looks too."""
    folders = [os.environ.get("PG_BINDIR", ""), *os.environ["PATH"].split(":")]
    packaged = pathlib.Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(packaged, key=lambda it: int(it.parent.name) if it.parent.name.isdigit() else 0, reverse=True)
    for folder in filter(None, folders):
        if (pathlib.Path(folder) / "initdb").exists() and (pathlib.Path(folder) / name).exists():
            return pathlib.Path(folder) / name
    raise SystemExit(f"{name} of a PostgreSQL server was not found; `./dev setup` installs it, PG_BINDIR says where it is")


class Server:
    """A throwaway server with its defaults and fsync on, in the scratch folder."""

    def __init__(self, scratch):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="server-", dir=scratch))
        self.account = {}
        if os.getuid() == 0:  # PostgreSQL refuses root
            accounts = {it.pw_name: it for it in pwd.getpwall()}
            account = accounts.get("postgres") or accounts["nobody"]
            os.chown(self.home, account.pw_uid, account.pw_gid)
            os.chmod(scratch, 0o755)
            self.account = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        # A file in a folder that only the server's account can enter, because arguments can be seen by all.
        self.password = secrets.token_hex(16)
        secret = self.home / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.program("initdb", "-A", "scram-sha-256", "-U", "bench", "--pwfile", secret, "-D", self.home / "data")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.home} -c fsync=on"
        self.program("pg_ctl", "start", "-w", "-D", self.home / "data", "-l", self.home / "log", "-o", options)

    def program(self, name, *arguments):
        command = [server_program(name), *map(str, arguments)]
        # A file, because the server that pg_ctl leaves behind would hold a pipe open.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(command, cwd="/", stdout=said, stderr=said, **self.account)
            said.seek(0)
            if done.returncode != 0:
                raise SystemExit(f"{name} failed: {last_words(said.read())}")

    def stop(self):
        try:
            if (self.home / "data/postmaster.pid").exists():
                self.program("pg_ctl", "stop", "-w", "-m", "immediate", "-D", self.home / "data")
        except SystemExit as why:  # what ended the run is the news, not this
            print(why, file=sys.stderr)
        shutil.rmtree(self.home, ignore_errors=True)

    def url(self, database):
        return f"postgres://bench:{self.password}@127.0.0.1:{self.port}/{database}?sslmode=disable"

    def sql(self, database, *statements):
        commands = [word for it in statements for word in ("-c", it)]
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "bench", "-d", database]
        done = subprocess.run(
            [server_program("psql"), "-qXAt", "-v", "ON_ERROR_STOP=1", *where, *commands],
            capture_output=True, text=True, env={**os.environ, "PGPASSWORD": self.password},
        )
        if done.returncode != 0:
            raise Failed(last_words(done.stderr))
        return done.stdout.strip()

    def fresh(self, database, in_use):
        """A new database. One in use holds a table with a row, so no runner may take it for an empty one."""
        self.sql("postgres", f"DROP DATABASE IF EXISTS {database} WITH (FORCE)", f"CREATE DATABASE {database}")
        if in_use:
            self.sql(database, "CREATE TABLE in_use (id int PRIMARY KEY)", "INSERT INTO in_use VALUES (1)")
        # So that no contender pays for the pages that those before it left.
        self.sql("postgres", "CHECKPOINT")

    def require_tables(self, database, count):
        made = self.sql(database, r"SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename ~ '^t\d+$'")
        if int(made) != count:
            raise Failed(f"exit 0, with {made} of {count} tables")


# ---------------------------------------------------------------- measuring

# Runs one command and writes its wall time, processor time, peak memory and status. A process of its
# own, with next to nothing imported: Linux counts what the child holds between fork and exec into the
# child's peak, so only a small parent can see a small child.
STOPWATCH = """
import os, sys, time
report, said, *command = sys.argv[1:]
into, nothing = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), os.open(os.devnull, os.O_RDONLY)
began = time.monotonic()
child = os.fork()
if child == 0:
    os.dup2(nothing, 0), os.dup2(into, 1), os.dup2(into, 2)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, str(error).encode())
        os._exit(127)
_, status, usage = os.wait4(child, 0)
wall = time.monotonic() - began
with open(report, "w") as file:
    print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, os.waitstatus_to_exitcode(status), file=file)
"""


class Sample:
    def __init__(self, wall, cpu, kibibytes):
        self.ms, self.cpu_ms, self.rss_mb = wall * 1000, cpu * 1000, kibibytes * 1024 / 1e6


def measure(command, environment, folder, timeout):
    """One run of one command, with its output in a file, as in CI."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "WINDLASS_")) and k != "DATABASE_URL"}
    with tempfile.TemporaryDirectory(prefix="windlass-bench-") as notes:
        numbers, said = pathlib.Path(notes, "numbers"), pathlib.Path(notes, "said")
        stopwatch = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", STOPWATCH, numbers, said, *command],
            env={**inherited, **environment}, cwd=folder, start_new_session=True,
        )
        try:
            stopwatch.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failed(f"not done after {timeout:.0f} s") from None
        finally:
            if stopwatch.poll() is None:
                os.killpg(stopwatch.pid, signal.SIGKILL)
                stopwatch.wait()
        wall, cpu, kibibytes, status = numbers.read_text().split()
        if status != "0":
            raise Failed(f"exit {status}: {last_words(said.read_text(errors='replace'))}")
        return Sample(float(wall), float(cpu), float(kibibytes))


def last_words(said):
    """The line that most likely says why."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    blamed = [line for line in lines if "error" in line.lower()]
    return (blamed or lines or ["it said nothing"])[-1][:160]


def fsync_floor(scratch, writes=1000):
    """Milliseconds of 8 kB writes, each on disk before the next, into a file of full size, as WAL is written."""
    with tempfile.NamedTemporaryFile(dir=scratch, buffering=0) as file:
        page, taken = b"\1" * 8192, []
        for _ in range(writes):
            file.write(page)
        os.fsync(file.fileno())
        for number in range(writes):
            began = time.monotonic()
            os.pwrite(file.fileno(), page, number * 8192)
            os.fdatasync(file.fileno())
            taken.append((time.monotonic() - began) * 1000)
    return taken


# ---------------------------------------------------------------- the race

DISCIPLINES = ("noop_1", "noop_many", "apply_used", "apply_empty")


class Results:
    """Samples by contender and discipline. One failure takes the place of all samples of its cell."""

    def __init__(self):
        self.cells = {}

    def get(self, contender, discipline):
        return self.cells.setdefault((contender.name, discipline), [])

    def fail(self, contender, discipline, why):
        self.cells[contender.name, discipline] = why

    def attempt(self, contender, discipline, action):
        """Adds what the action measured, unless the cell has failed already."""
        cell = self.get(contender, discipline)
        if isinstance(cell, Failed):
            return
        try:
            sample = action()
        except Failed as why:
            self.fail(contender, discipline, why)
        else:
            if sample:
                cell.append(sample)

    def samples(self, contender, discipline):
        cell = self.get(contender, discipline)
        return [] if isinstance(cell, Failed) else cell

    def median(self, contender, discipline, what="ms"):
        values = [getattr(it, what) for it in self.samples(contender, discipline)]
        return statistics.median(values) if values else None


class Race:
    def __init__(self, server, contenders, folder, options):
        self.server, self.contenders, self.folder, self.options = server, contenders, folder, options
        self.results = Results()

    def run(self):
        ready = [it for it in self.contenders if self.is_installed(it)]
        for contender in ready:
            for count in {1, self.options.count}:
                self.files(contender, count).mkdir(parents=True)
                contender.write(self.files(contender, count), scripts(count))
        for contender in self.rounds(self.options.apply_rounds, ready, "apply"):
            for discipline, in_use in (("apply_empty", False), ("apply_used", True)):
                self.apply(contender, discipline, self.options.count, in_use)
        entrants = [it for it in ready if it.has_noop]
        for contender in entrants:
            self.prepare_noops(contender)
        for contender in self.rounds(self.options.rounds, entrants, "no-op"):
            self.noop(contender, "noop_1", 1)
            self.noop(contender, "noop_many", self.options.count)
        return self.results

    def rounds(self, count, entrants, what):
        """Interleaved, in another order each time: noise meets all alike, and nobody always runs behind the same one,
        since what ran before leaves the caches cold or warm."""
        orders = random.Random(count)
        for number in range(count):
            print(f"{what}: round {number + 1} of {count}", file=sys.stderr)
            yield from orders.sample(entrants, len(entrants))

    def is_installed(self, contender):
        try:
            contender.install(self.options.scratch)
            return True
        except (Failed, OSError, StopIteration) as why:
            for discipline in DISCIPLINES:
                self.results.fail(contender, discipline, Failed(f"not installed: {why}"))
            return False

    def files(self, contender, count):
        return self.folder / f"{contender.key}_{count}"

    def apply(self, contender, discipline, count, in_use, counts=True):
        database = f"{contender.key}_{discipline}"

        def action():
            self.server.fresh(database, in_use)
            command, environment = contender.command(self.files(contender, count), self.server.url(database))
            sample = measure(command, environment, self.files(contender, count), self.options.timeout)
            self.server.require_tables(database, count)
            return sample if counts else None

        self.results.attempt(contender, discipline, action)

    def prepare_noops(self, contender):
        """The databases of the no-ops, and a run in each that does not count: it warms the caches."""
        self.apply(contender, "noop_1", 1, in_use=True, counts=False)
        applied = self.results.get(contender, "apply_used")
        if isinstance(applied, Failed):
            self.results.fail(contender, "noop_many", applied)
        self.noop(contender, "noop_1", 1, counts=False)
        self.noop(contender, "noop_many", self.options.count, counts=False)

    def noop(self, contender, discipline, count, counts=True):
        database = f"{contender.key}_{'noop_1' if discipline == 'noop_1' else 'apply_used'}"

        def action():
            command, environment = contender.noop_command(self.files(contender, count), self.server.url(database))
            sample = measure(command, environment, self.files(contender, count), self.options.timeout)
            return sample if counts else None

        self.results.attempt(contender, discipline, action)


# ---------------------------------------------------------------- the report


def best_peer(results, contenders, discipline):
    return min(filter(None, (results.median(it, discipline) for it in contenders if it.peer)), default=None)


def ratio(value, base):
    return f"{value / base:.2f}" if value and base else "-"


def times(results, contender, discipline, scale, digits):
    """`median (min)`, or why there is none."""
    cell = results.get(contender, discipline)
    if isinstance(cell, Failed):
        return f"failed: {cell}".replace("|", "/")
    walls = [it.ms / scale for it in cell]
    return f"{statistics.median(walls):.{digits}f} ({min(walls):.{digits}f})" if walls else "-"


def costs(results, contender, discipline, idle):
    """Processor time and peak memory, which says only "at most" where the stopwatch's own peak hides it."""
    samples = results.samples(contender, discipline)
    if not samples:
        return ["-", "-"]
    peak = max(it.rss_mb for it in samples)
    memory = f"≤ {peak:.0f}" if peak < idle.rss_mb + 0.5 else f"{peak:.0f}"
    return [f"{results.median(contender, discipline, 'cpu_ms'):.1f}", memory]


def row(*cells):
    """A reason that repeats is given once."""
    cells = [("failed likewise" if cell.startswith("failed") and cell in cells[:at] else cell) for at, cell in enumerate(cells)]
    return "| " + " | ".join(cells) + " |"


def report(results, contenders, options, facts):
    idle, flushes, count = facts["idle"], facts["flushes"], f"{options.count:,}"
    floor = next((it for it in contenders if it.name == Psql.name), None)
    lines = [
        f"{facts['date']}; {facts['machine']}; {facts['server']} with its defaults (fsync on), on {facts['filesystem']}, loopback,",
        f"SCRAM; load average {facts['load']}. {options.apply_rounds} rounds of applying, {options.rounds} of no-ops.",
        "",
        f"Floors: one 8 kB write and fdatasync on this disk takes {statistics.median(flushes):.3f} ms in the median, {count} of",
        f"them {statistics.fmean(flushes) * options.count / 1000:.2f} s; a process that does nothing takes {idle.ms:.1f} ms.",
        "",
        "An upgrade with nothing to do: median (min) of wall ms; processor ms and peak MB of the client.",
        "",
        row("runner", "1 applied: ms", "÷ fastest peer", "CPU ms", "MB", f"{count} applied: ms", "÷ fastest peer", "CPU ms", "MB"),
        row("---", *["---:"] * 8),
    ]
    for contender in (it for it in contenders if it.has_noop):
        cells = ["psql, `SELECT 1`" if contender is floor else contender.name]
        for discipline in ("noop_1", "noop_many"):
            cells.append(times(results, contender, discipline, scale=1, digits=1))
            cells.append(ratio(results.median(contender, discipline), best_peer(results, contenders, discipline)))
            cells += costs(results, contender, discipline, idle)
        lines.append(row(*cells))
    head = []
    for where in ("in use", "empty"):
        head += [f"database {where}: s", "÷ fastest peer", "÷ psql", "CPU ms", "MB"]
    lines += [
        "",
        f"Applying {count} revisions like `{statement(1).strip()}`: median (min) of wall seconds.",
        "",
        row("runner", *head),
        row("---", *["---:"] * 10),
    ]
    for contender in contenders:
        cells = [contender.name]
        for discipline in ("apply_used", "apply_empty"):
            median = results.median(contender, discipline)
            cells.append(times(results, contender, discipline, scale=1000, digits=2))
            cells.append(ratio(median, best_peer(results, contenders, discipline)))
            cells.append(ratio(median, floor and results.median(floor, discipline)))
            cells += costs(results, contender, discipline, idle)
        lines.append(row(*cells))
    text = "\n".join(lines)
    # Failures quote what programs said, which may hold these.
    for private, instead in ((facts["password"], "…"), (str(options.scratch), "…"), (f"{ROOT}/", "")):
        text = text.replace(private, instead)
    return text


def machine():
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.uname().sysname} {os.uname().machine}, {os.cpu_count()} processors, {memory:.0f} GiB"


def filesystem(folder):
    """The type of the file system that holds a folder: on a tmpfs, fsync says nothing."""
    mounts = [line.split()[1:3] for line in pathlib.Path("/proc/self/mounts").read_text().splitlines()]
    holding = [(where, kind) for where, kind in mounts if folder.is_relative_to(where)]
    return max(holding, key=lambda it: len(it[0]), default=("", "an unknown file system"))[1]


def put(file, text, marks=(BEGIN, END)):
    """Replaces what is between two marks."""
    begin, end = marks
    head, rest = file.read_text().split(begin, 1)
    file.write_text(f"{head}{begin}\n{text}\n{end}{rest.split(end, 1)[1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=pathlib.Path, default=ROOT / "target/bench", help="for peers and the server; on a disk")
    parser.add_argument("--windlass", type=pathlib.Path, default=ROOT / "target/release/windlass", help="the program to measure")
    parser.add_argument("--static", type=pathlib.Path, help="the static program of scripts/build-static, to measure it too")
    parser.add_argument("--only", default="", help="contenders, with commas between: psql, windlass, sqlx-cli, …")
    parser.add_argument("--skip", default="", help="contenders to leave out, likewise")
    parser.add_argument("--count", type=int, default=1000, help="revisions")
    parser.add_argument("--rounds", type=int, default=25, help="of no-ops")
    parser.add_argument("--apply-rounds", type=int, default=5)
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one command")
    parser.add_argument("--write", type=pathlib.Path, help="a file whose marked part is replaced, such as BENCHMARKS.md")
    options = parser.parse_args()

    known = {
        "psql": [Psql(), PsqlOnce()],
        "windlass": [Windlass(options.windlass.resolve())],
        "sqlx-cli": [Sqlx()],
        "dbmate": [Dbmate()],
        "graphile-migrate": [Graphile()],
        "alembic": [Alembic(), AlembicOnce()],
    }
    if options.static:
        known["windlass"].append(StaticWindlass(options.static.resolve(), "scripts/build-static"))
    only, skip = ([name for name in words.split(",") if name] for words in (options.only, options.skip))
    for name in only + skip:
        if name not in known:
            parser.error(f"there is no contender {name}; there are {', '.join(known)}")
    contenders = [it for name, entrants in known.items() if name in (only or known) and name not in skip for it in entrants]
    for number, contender in enumerate(contenders):
        contender.key = f"c{number}"
    if options.write and not all(mark in options.write.read_text() for mark in (BEGIN, END)):
        parser.error(f"{options.write} lacks the lines {BEGIN} and {END}")

    options.scratch = options.scratch.resolve()
    options.scratch.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))

    load_before, server = os.getloadavg()[0], None
    try:
        server = Server(options.scratch)
        with tempfile.TemporaryDirectory(prefix="revisions-", dir=options.scratch) as folder:
            idle = min((measure(["true"], {}, folder, 10) for _ in range(11)), key=lambda it: it.ms)
            flushes = fsync_floor(options.scratch)
            results = Race(server, contenders, pathlib.Path(folder), options).run()
        facts = {
            "date": datetime.date.today(),
            "machine": machine(),
            "server": "PostgreSQL " + server.sql("postgres", "SHOW server_version").split()[0],
            "filesystem": filesystem(options.scratch),
            "load": f"{load_before:.1f} before and {os.getloadavg()[0]:.1f} after",
            "idle": idle,
            "flushes": flushes,
            "password": server.password,
        }
        text = report(results, contenders, options, facts)
    finally:
        if server:
            server.stop()
    print(text)
    if options.write:
        put(options.write, text)


if __name__ == "__main__":
    main()
