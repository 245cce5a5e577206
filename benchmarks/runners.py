#!/usr/bin/env python3
"""Migration runners side by side, in one run: no-op with 1 and 1,000 applied revisions, and
applying 1,000 small ones, with psql as the floor.

Peers come from their registries into a scratch folder; one that cannot be had or fails prints the
reason instead of a number. Needs psql and a PostgreSQL server's programs, Python 3 and what the
peers need (node and npm for dbmate and graphile-migrate, pip for alembic, cargo for sqlx-cli).
"""

import argparse
import datetime
import os
import pathlib
import pwd
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- runners:begin -->", "<!-- runners:end -->"
PEERS = {"dbmate": "2.36.0", "graphile-migrate": "1.4.1", "alembic": "1.20.1"}


def bindir():
    """The folder of the server's programs."""
    for folder in [os.environ.get("PG_BINDIR", ""), *os.environ["PATH"].split(":")]:
        if folder and (pathlib.Path(folder) / "initdb").exists():
            return pathlib.Path(folder)
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if found:
        return found[0]
    sys.exit("no PostgreSQL server programs were found; ./dev setup installs them")


class Server:
    """A throwaway server with fsync on, on a real disk."""

    def __init__(self, scratch):
        self.bin = bindir()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="windlass-bench-", dir=scratch))
        self.user = {}
        if os.getuid() == 0:
            account = next(a for a in pwd.getpwall() if a.pw_name in ("postgres", "nobody"))
            os.chown(self.home, account.pw_uid, account.pw_gid)
            os.chmod(scratch, 0o755)
            self.user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.run("initdb", "-A", "trust", "-U", "postgres", "-D", self.home / "data")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.home}"
        self.run("pg_ctl", "start", "-w", "-D", self.home / "data", "-l", self.home / "log", "-o", options)

    def run(self, program, *args):
        subprocess.run([self.bin / program, *map(str, args)], check=True, cwd="/", stdout=subprocess.DEVNULL, **self.user)

    def stop(self):
        self.run("pg_ctl", "stop", "-m", "immediate", "-D", self.home / "data")
        shutil.rmtree(self.home, ignore_errors=True)

    def url(self, database):
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def sql(self, database, sql):
        subprocess.run([psql(), "-qX", "-d", self.url(database), "-c", sql], check=True, stdout=subprocess.DEVNULL)

    def fresh(self, database, used):
        """A new database; a used one holds a table, so that it is not empty."""
        self.sql("postgres", f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        self.sql("postgres", f"CREATE DATABASE {database}")
        if used:
            self.sql(database, "CREATE TABLE in_use (id int PRIMARY KEY); INSERT INTO in_use VALUES (1)")


def psql():
    return str(bindir() / "psql") if (bindir() / "psql").exists() else "psql"


def measured(command, env, cwd):
    """Wall ms, client CPU ms and peak RSS in MB of one command."""
    began = time.monotonic()
    child = subprocess.Popen(command, env={**os.environ, **env}, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = (time.monotonic() - began) * 1000
    if status != 0:
        said = errors.decode(errors="replace").strip().splitlines()
        raise RuntimeError(next((line for line in said if "rror" in line), f"status {status}"))
    return wall, (usage.ru_utime + usage.ru_stime) * 1000, usage.ru_maxrss / 1024


def statement(number):
    return f"CREATE TABLE t{number} (id int PRIMARY KEY, a text);\n"


class Windlass:
    def __init__(self, scratch, binary):
        self.name, self.binary = "windlass", binary

    def prepare(self, folder, count):
        folder.mkdir(parents=True)
        for number in range(1, count + 1):
            (folder / f"{number:05}_t.sql").write_text(statement(number))

    def command(self, folder, url):
        return [self.binary, "upgrade", "--quiet", "--dir", str(folder)], {"DATABASE_URL": url}


class Psql:
    """The floor: every file in a transaction of its own, in one session."""

    name = "psql, one session"

    def prepare(self, folder, count):
        folder.mkdir(parents=True)
        for number in range(1, count + 1):
            (folder / f"{number:05}.sql").write_text(statement(number))
        (folder / "all.psql").write_text("".join(f"\\i {number:05}.sql\n" for number in range(1, count + 1)))

    def command(self, folder, url):
        return [psql(), "-qX", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", "all.psql"], {}


class Sqlx:
    name = "sqlx-cli"

    def __init__(self, scratch):
        self.binary = scratch / "sqlx/bin/sqlx"
        if not self.binary.exists():
            subprocess.run(
                ["cargo", "install", "sqlx-cli", "--quiet", "--locked", "--root", str(scratch / "sqlx"),
                 "--no-default-features", "--features", "postgres,rustls"],
                check=True,
            )

    def prepare(self, folder, count):
        folder.mkdir(parents=True)
        for number in range(1, count + 1):
            (folder / f"{number:05}_t.sql").write_text(statement(number))

    def command(self, folder, url):
        return [str(self.binary), "migrate", "run", "--source", str(folder), "-D", url], {}


class Dbmate:
    name = "dbmate"

    def __init__(self, scratch):
        npm(scratch, "dbmate")
        found = [p for p in (scratch / "npm/node_modules/@dbmate").glob("*/bin/dbmate")]
        self.binary = found[0] if found else scratch / "npm/node_modules/.bin/dbmate"

    def prepare(self, folder, count):
        folder.mkdir(parents=True)
        for number in range(1, count + 1):
            (folder / f"{20240000000000 + number}_t.sql").write_text(
                f"-- migrate:up\n{statement(number)}\n-- migrate:down\nDROP TABLE t{number};\n")

    def command(self, folder, url):
        return [str(self.binary), "--no-dump-schema", "-d", str(folder), "-u", url + "?sslmode=disable", "migrate"], {}


class Graphile:
    name = "graphile-migrate"

    def __init__(self, scratch):
        npm(scratch, "graphile-migrate")
        self.binary = scratch / "npm/node_modules/.bin/graphile-migrate"

    def prepare(self, folder, count):
        import hashlib
        (folder / "migrations/committed").mkdir(parents=True)
        (folder / "migrations/current.sql").write_text("")
        (folder / ".gmrc").write_text("{}")
        previous = "-"
        for number in range(1, count + 1):
            body = statement(number).strip()
            chained = f"{'' if previous == '-' else previous}\n{body}".strip() + "\n"
            digest = "sha1:" + hashlib.sha1(chained.encode()).hexdigest()
            (folder / f"migrations/committed/{number:06}.sql").write_text(
                f"--! Previous: {previous}\n--! Hash: {digest}\n\n{body}\n")
            previous = digest

    def command(self, folder, url):
        root = url.rsplit("/", 1)[0] + "/postgres"
        return [str(self.binary), "migrate"], {"DATABASE_URL": url, "ROOT_DATABASE_URL": root, "SHADOW_DATABASE_URL": url + "_shadow"}


class Alembic:
    name = "alembic"

    def __init__(self, scratch):
        home = scratch / "alembic"
        if not (home / "bin/alembic").exists():
            subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
            subprocess.run([str(home / "bin/pip"), "install", "--quiet", f"alembic=={PEERS['alembic']}", "psycopg[binary]"], check=True)
        self.binary = home / "bin/alembic"

    def prepare(self, folder, count):
        (folder / "a/versions").mkdir(parents=True)
        (folder / "alembic.ini").write_text("[alembic]\nscript_location = a\n")
        (folder / "a/env.py").write_text(
            "import os\nfrom alembic import context\nfrom sqlalchemy import create_engine\n"
            "engine = create_engine(os.environ['DATABASE_URL'].replace('postgres://', 'postgresql+psycopg://'))\n"
            "with engine.connect() as connection:\n"
            "    context.configure(connection=connection, transaction_per_migration=True)\n"
            "    with context.begin_transaction():\n        context.run_migrations()\n")
        for number in range(1, count + 1):
            down = f"'r{number - 1:06}'" if number > 1 else "None"
            (folder / f"a/versions/r{number:06}.py").write_text(
                f"from alembic import op\nrevision = 'r{number:06}'\ndown_revision = {down}\n"
                f"def upgrade():\n    op.execute({statement(number)!r})\n")

    def command(self, folder, url):
        return [str(self.binary), "upgrade", "head"], {"DATABASE_URL": url}


def npm(scratch, package):
    home = scratch / "npm"
    home.mkdir(exist_ok=True)
    if not (home / "node_modules" / package).exists():
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(home), f"{package}@{PEERS[package]}"],
                       check=True, stdout=subprocess.DEVNULL)


def fsync_floor(scratch):
    """Milliseconds of one 8 kB write that reaches the disk."""
    with tempfile.NamedTemporaryFile(dir=scratch) as file:
        page, began = b"\0" * 8192, time.monotonic()
        for _ in range(300):
            os.pwrite(file.fileno(), page, 0)
            os.fdatasync(file.fileno())
        return (time.monotonic() - began) / 300 * 1000


def race(server, contenders, scratch, count, rounds):
    rows = {}
    work = pathlib.Path(tempfile.mkdtemp(prefix="work-", dir=scratch))
    for contender in contenders:
        row = rows[contender.name] = {}
        key = "".join(c for c in contender.name if c.isalnum())
        try:
            for few, label in [(1, "noop_1"), (count, "noop_many")]:
                folder = work / f"{key}_{few}"
                contender.prepare(folder, few)
                database = f"{key}_{few}"
                server.fresh(database, used=True)
                command, env = contender.command(folder, server.url(database))
                row["apply" if few == count else "apply_1"] = measured(command, env, folder)
            if contender.name == "windlass":
                server.fresh("windlass_empty", used=False)
                command, env = contender.command(work / f"{key}_{count}", server.url("windlass_empty"))
                row["apply_empty"] = measured(command, env, work / f"{key}_{count}")
        except Exception as error:  # a contender that fails is reported, not hidden
            row["failed"] = str(error).replace(str(scratch), "…")[:160]
    # Interleaved, so that the machine's noise meets all alike.
    for _ in range(rounds):
        for contender in contenders:
            row = rows[contender.name]
            if "failed" in row or isinstance(contender, Psql):
                continue
            key = "".join(c for c in contender.name if c.isalnum())
            for few, label in [(1, "noop_1"), (count, "noop_many")]:
                command, env = contender.command(work / f"{key}_{few}", server.url(f"{key}_{few}"))
                try:
                    row.setdefault(label, []).append(measured(command, env, work / f"{key}_{few}"))
                except RuntimeError as error:
                    row["failed"] = str(error).replace(str(scratch), "…")[:160]
    shutil.rmtree(work, ignore_errors=True)
    return rows


def table(rows, count, floor, version):
    load = os.getloadavg()[0]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    lines = [
        f"{datetime.date.today()}, {os.cpu_count()} cores, {memory:.0f} GiB, {version}, fsync on, loopback, load {load:.1f}; "
        f"one 8 kB write and fdatasync of this disk: {floor:.2f} ms.",
        "",
        f"| runner | no-op, 1 applied: median ms (min) | no-op, {count} applied: median ms (min) | CPU ms | RSS MB | apply {count}: s | ÷ psql |",
        "|---|---|---|---|---|---|---|",
    ]
    base = rows.get("psql, one session", {}).get("apply")
    for name, row in rows.items():
        if "failed" in row:
            lines.append(f"| {name} | failed: {row['failed']} | | | | | |")
            continue

        def noop(label):
            walls = [wall for wall, _, _ in row.get(label, [])]
            return f"{statistics.median(walls):.1f} ({min(walls):.1f})" if walls else "-"

        many = row.get("noop_many", [])
        cpu = f"{statistics.median([c for _, c, _ in many]):.1f}" if many else "-"
        rss = f"{max(r for _, _, r in many):.0f}" if many else "-"
        ratio = f"{row['apply'][0] / base[0]:.2f}" if base else "-"
        lines.append(f"| {name} | {noop('noop_1')} | {noop('noop_many')} | {cpu} | {rss} | {row['apply'][0] / 1000:.2f} | {ratio} |")
        if "apply_empty" in row:
            wall = row["apply_empty"][0]
            lines.append(f"| {name}, empty database | | | | | {wall / 1000:.2f} | {wall / base[0]:.2f} |" if base else "")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scratch", type=pathlib.Path, default=ROOT / "target/bench", help="where peers and the server live")
    parser.add_argument("--windlass", default=str(ROOT / "target/release/windlass"))
    parser.add_argument("--only", help="names of contenders, with commas between")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--write", type=pathlib.Path, help="a file whose marked part is replaced")
    options = parser.parse_args()
    options.scratch.mkdir(parents=True, exist_ok=True)
    scratch = options.scratch.resolve()
    makers = {
        "psql": Psql, "windlass": lambda: Windlass(scratch, options.windlass), "sqlx-cli": lambda: Sqlx(scratch),
        "dbmate": lambda: Dbmate(scratch), "graphile-migrate": lambda: Graphile(scratch), "alembic": lambda: Alembic(scratch),
    }
    chosen = options.only.split(",") if options.only else list(makers)
    contenders, missing = [], {}
    for name in chosen:
        try:
            contenders.append(makers[name]())
        except Exception as error:  # without its registry a peer is left out, and said so
            missing[name] = {"failed": f"not installed: {error}"[:160]}
    server = Server(scratch)
    try:
        rows = race(server, contenders, scratch, options.count, options.rounds)
        version = subprocess.run([bindir() / "postgres", "--version"], capture_output=True, text=True).stdout.strip()
        text = table({**rows, **missing}, options.count, fsync_floor(scratch), version)
    finally:
        server.stop()
    print(text)
    if options.write:
        whole = options.write.read_text()
        head, rest = whole.split(BEGIN, 1)
        options.write.write_text(f"{head}{BEGIN}\n{text}\n{END}{rest.split(END, 1)[1]}")


main()
