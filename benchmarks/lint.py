#!/usr/bin/env python3
"""Linters side by side: which hazards each finds, what it says of harmless forms, and how fast it is.

    python3 benchmarks/lint.py                        to standard output
    python3 benchmarks/lint.py --write BENCHMARKS.md  into the marked part of that file

Needs `cargo build --release`; squawk from the npm registry (npm install squawk-cli) and eugene from the crates registry
(cargo install eugene) are taken where --squawk and --eugene name them, or from PATH.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from hazards import CASES, CONTEXT, TIMEOUT

ROOT = Path(__file__).resolve().parent.parent
# Advice on every statement, whatever it does: they would call everything found, and every harmless form a false alarm.
GENERIC = {
    "windlass": {"missing-lock-timeout", "stale-prepared-plan", "setting-lost-in-pool"},
    "squawk": {"prefer-robust-stmts", "require-lock-timeout", "require-statement-timeout", "require-timeout-settings"},
    "eugene": {"E9"},
}
# But for the hazards that they are about.
ABOUT = {
    "no-lock-timeout": {"missing-lock-timeout", "require-lock-timeout", "require-timeout-settings", "E9"},
    "pgbouncer": {"setting-lost-in-pool"},
}


class Windlass:
    name = "windlass"

    def __init__(self, path):
        self.path = path

    def version(self):
        return subprocess.run([self.path, "--version"], capture_output=True, text=True).stdout.split()[1]

    def rules(self, folder, case):
        out = subprocess.run(
            [self.path, "lint", "--format", "json", str(folder)], cwd=folder, capture_output=True, text=True
        )
        try:
            files = json.loads(out.stdout)["files"]
        except (ValueError, KeyError):
            return {"error: " + out.stderr.strip()[:80]}
        return {finding["rule"] for file in files if file["path"].endswith(case) for finding in file["findings"]}

    def speed_command(self, files):
        return [self.path, "lint", "--format", "json", *map(str, files)]


class WindlassNotes(Windlass):
    def rules(self, folder, case):
        out = subprocess.run(
            [self.path, "lint", "--notes", "--format", "json", str(folder)], cwd=folder, capture_output=True, text=True
        )
        try:
            files = json.loads(out.stdout)["files"]
        except (ValueError, KeyError):
            return {"error: " + (out.stderr + out.stdout).strip()[:80]}
        return {finding["rule"] for file in files if file["path"].endswith(case) for finding in file["findings"]}


class Squawk:
    name = "squawk"

    def __init__(self, path):
        self.path = path

    def version(self):
        return subprocess.run([self.path, "--version"], capture_output=True, text=True).stdout.split()[-1]

    def rules(self, folder, case):
        out = subprocess.run(
            [self.path, "--reporter", "json", *sorted(str(p) for p in folder.glob("*.sql"))],
            cwd=folder, capture_output=True, text=True,
        )
        found = set()
        for finding in json.loads(out.stdout or "[]"):
            if finding["file"].endswith(case):
                found.add(finding["rule_name"])
        return found

    def speed_command(self, files):
        return [self.path, "--reporter", "json", *map(str, files)]


class Eugene:
    name = "eugene"

    def __init__(self, path):
        self.path = path

    def version(self):
        return subprocess.run([self.path, "--version"], capture_output=True, text=True).stdout.split()[-1]

    def rules(self, folder, case):
        # Its exit code says whether it found something; its findings are in the report.
        out = subprocess.run(
            [self.path, "lint", "-f", "json", *sorted(str(p) for p in folder.glob("*.sql"))],
            cwd=folder, capture_output=True, text=True,
        )
        found = set()
        for text in re.split(r"\n(?=\{)", out.stdout):
            try:
                report = json.loads(text)
            except ValueError:
                continue
            if not str(report.get("name", "")).endswith(case):
                continue
            for statement in report.get("statements", []):
                for rule in statement.get("lints", statement.get("triggered_rules", [])):
                    found.add(rule.get("id", str(rule)))
        return found

    def speed_command(self, files):
        return [self.path, "lint", "-f", "json", *map(str, files)]


def accuracy(linters):
    rows = []
    for hazard, unsafe, harmless in CASES + [TIMEOUT]:
        cells = {}
        for linter in linters:
            generic = GENERIC[linter.name] - ABOUT.get(hazard, set())
            in_unsafe = ask(linter, unsafe) - generic
            in_harmless = ask(linter, harmless) - generic
            # What it says of both is not about the hazard.
            cells[linter.name] = (sorted(in_unsafe - in_harmless), sorted(in_harmless))
        rows.append((hazard, cells))
    return rows


def ask(linter, sql):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "0001_context.sql").write_text(CONTEXT)
        (folder / "0002_case.sql").write_text(sql + "\n")
        return linter.rules(folder, "0002_case.sql")


def corpus(folder):
    """300 files as projects have them, and 10 MB of DDL in one."""
    random.seed(7)
    real = []
    for number in range(300):
        table = f"t{number % 60}"
        parts = [
            f"CREATE TABLE IF NOT EXISTS {table}_{number} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), payload jsonb DEFAULT '{{}}');",
            f"ALTER TABLE {table} ADD COLUMN c{number} integer DEFAULT 0;",
            f"CREATE INDEX CONCURRENTLY i{number} ON {table} (c{number}, created_at) WHERE c{number} > 0;",
            f"ALTER TABLE {table} ADD CONSTRAINT k{number} CHECK (c{number} >= 0) NOT VALID;",
            f"ALTER TABLE {table} VALIDATE CONSTRAINT k{number};",
            f"COMMENT ON COLUMN {table}.c{number} IS 'what it is for';",
            f"UPDATE {table} SET c{number} = 1 WHERE c{number} IS NULL AND id BETWEEN 1 AND 1000;",
            f"CREATE OR REPLACE FUNCTION f{number}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.created_at := now(); RETURN NEW; END $$;",
        ]
        path = folder / f"{number:04}_change.sql"
        path.write_text("\n\n".join(random.sample(parts, random.randint(1, len(parts)))) + "\n")
        real.append(path)
    big = folder / "big.sql"
    with big.open("w") as file:
        size, number = 0, 0
        while size < 10_000_000:
            text = (
                f"CREATE TABLE b{number} (id bigint PRIMARY KEY, a text, b integer, c timestamptz DEFAULT now());\n"
                f"CREATE INDEX b{number}_a ON b{number} (a, b);\n"
                f"ALTER TABLE b{number} ADD CONSTRAINT b{number}_c CHECK (b > 0);\n"
            )
            file.write(text)
            size += len(text)
            number += 1
    small = folder / "small.sql"
    small.write_text("ALTER TABLE orders ADD COLUMN note text;\n")
    return {"300 files as projects have them": real, "10 MB of DDL in one file": [big], "one small file": [small]}


LIMIT = 60
"""Seconds after which a linter is ended that is not done."""


def measured(commands, rounds):
    """Of each command the best wall seconds, none where it took longer than the limit, and the peak of memory in MB."""
    best, peak = {}, dict.fromkeys(commands, 0)
    for _ in range(rounds):
        # In turns, so that what the machine does meanwhile meets all of them.
        for name, command in commands.items():
            if name in best and best[name] is None:
                continue
            began = time.perf_counter()
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            timer = threading.Timer(LIMIT, process.kill)
            timer.start()
            _, status, usage = os.wait4(process.pid, 0)
            timer.cancel()
            took = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            peak[name] = max(peak[name], usage.ru_maxrss / 1024)
            is_ended = process.returncode == -signal.SIGKILL
            best[name] = None if is_ended else min(best.get(name, took), took)
    return best, peak


def report(linters, rounds):
    out = []
    rows = accuracy(linters)
    names = [linter.name for linter in linters]
    versions = ", ".join(f"{linter.name} {linter.version()}" for linter in linters)
    out.append(f"{time.strftime('%Y-%m-%d')}; {versions}; files alone, no database.\n")
    total = len(rows)
    out.append("| | " + " | ".join(names) + " |")
    out.append("|---|" + "---:|" * len(names))
    for title, test in [
        ("found", lambda found, false: bool(found)),
        ("missed", lambda found, false: not found),
        ("said of a harmless form", lambda found, false: bool(false)),
    ]:
        counts = [sum(test(*cells[name]) for _, cells in rows) for name in names]
        out.append(f"| {title}, of {total} | " + " | ".join(map(str, counts)) + " |")
    out.append("\n| hazard | " + " | ".join(names) + " |")
    out.append("|---|" + "---|" * len(names))
    for hazard, cells in rows:
        shown = []
        for name in names:
            found, false = cells[name]
            text = "found" if found else "**missed**"
            if false:
                text += "; harmless form: " + ", ".join(false)
            shown.append(text)
        out.append(f"| {hazard} | " + " | ".join(shown) + " |")
    out.append("\nSpeed, both processors allowed, best wall time; output as JSON to nowhere; peak memory.\n")
    out.append("| | " + " | ".join(names + [f"{name} ÷ windlass" for name in names[1:]]) + " |")
    out.append("|---|" + "---:|" * (2 * len(names) - 1))
    with tempfile.TemporaryDirectory() as name:
        for title, files in corpus(Path(name)).items():
            commands = {linter.name: linter.speed_command(files) for linter in linters}
            count = rounds if len(files) > 1 or "small" in title else max(2, rounds // 10)
            times, peak = measured(commands, count)
            cells = []
            for name in names:
                shown = f"> {LIMIT} s" if times[name] is None else f"{times[name] * 1000:.1f} ms"
                cells.append(f"{shown}, {peak[name]:.0f} MB")
            ratios = [times[name] and times[name] / times["windlass"] for name in names[1:]]
            shown = ["" if ratio is None else f"{ratio:.1f}" for ratio in ratios]
            out.append(f"| {title} | " + " | ".join(cells + shown) + " |")
    return "\n".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--windlass", default=str(ROOT / "target/release/windlass"))
    parser.add_argument("--squawk", default=shutil.which("squawk"))
    parser.add_argument("--eugene", default=shutil.which("eugene"))
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--write", metavar="FILE")
    options = parser.parse_args()
    linters = [WindlassNotes(options.windlass)]
    linters += [Squawk(options.squawk)] if options.squawk else []
    linters += [Eugene(options.eugene)] if options.eugene else []
    text = report(linters, options.rounds)
    if not options.write:
        print(text)
        return
    path = Path(options.write)
    whole = path.read_text()
    begin, end = "<!-- lint:begin -->", "<!-- lint:end -->"
    before, rest = whole.split(begin, 1)
    path.write_text(before + begin + "\n" + text + "\n" + end + rest.split(end, 1)[1])


if __name__ == "__main__":
    main()
