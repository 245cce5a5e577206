"""The action against a repository with two branches, a real database (DATABASE_URL) and a server that keeps comments as
GitHub's does. Usage: scripts/with-postgres python3 packages/action/test.py WINDLASS"""

import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

ACTION = pathlib.Path(__file__).with_name("action.py")


class Comments(http.server.BaseHTTPRequestHandler):
    comments = []
    refuses = False

    def answer(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]

    def do_GET(self):
        page = int(self.path.rsplit("=", 1)[1])
        self.answer(self.comments[(page - 1) * 100 : page * 100])

    def do_POST(self):
        if self.refuses:
            return self.answer({}, 403)
        assert self.path == "/repos/shop/shop/issues/7/comments" and self.headers["Authorization"] == "Bearer t"
        self.comments.append({"id": len(self.comments) + 1, "body": self.body()})
        self.answer(self.comments[-1], 201)

    def do_PATCH(self):
        number = int(self.path.rsplit("/", 1)[1])
        self.comments[number - 1]["body"] = self.body()
        self.answer(self.comments[number - 1])

    def log_message(self, *_):
        pass


def git(folder, *arguments):
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments], cwd=folder, check=True, capture_output=True)


def main():
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Comments)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as place:
        shop, event = pathlib.Path(place, "shop"), pathlib.Path(place, "event.json")
        (shop / "migrations").mkdir(parents=True)
        event.write_text('{"pull_request": {"number": 7}}')
        (shop / "migrations/0001_t.sql").write_text("CREATE TABLE t (a int);\n")
        git(shop, "init", "--quiet", "--initial-branch=main")
        git(shop, "add", ".")
        git(shop, "commit", "--quiet", "-m", "first")
        git(shop, "update-ref", "refs/remotes/origin/main", "main")
        (shop / "migrations/0002_b.sql").write_text("-- windlass: after 0001_t\n\nALTER TABLE t ADD COLUMN b int;\n")

        def run():
            environment = {
                **os.environ, "WINDLASS": binary, "DIR": "migrations", "COMMENT": "true", "TOKEN": "t", "GITHUB_BASE_REF": "main",
                "GITHUB_API_URL": f"http://127.0.0.1:{server.server_port}", "GITHUB_REPOSITORY": "shop/shop",
                "GITHUB_EVENT_PATH": str(event), "GITHUB_STEP_SUMMARY": f"{place}/summary.md",
            }
            return subprocess.run([sys.executable, ACTION], cwd=shop, env=environment, capture_output=True, text=True)

        # Talk that is not ours fills the first page.
        Comments.comments += [{"id": n, "body": "looks good"} for n in range(1, 101)]
        done = run()
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(Comments.comments) == 101, "one comment"
        text = Comments.comments[-1]["body"]
        assert "0002_b" in text and "ADD COLUMN b" in text and "CREATE TABLE" not in text, text
        assert text.startswith("<!-- windlass-plan -->\n") and "| step | statement | what it does |" in text, text
        assert "applied to a throwaway database" in text, text
        assert text == pathlib.Path(place, "summary.md").read_text()

        (shop / "migrations/0003_i.sql").write_text("-- windlass: after 0002_b\n\nCREATE INDEX t_a ON t (a);\n")
        done = run()
        assert done.returncode == 1 and "::error file=migrations/0003_i.sql,line=3" in done.stdout, done.stdout + done.stderr
        assert "`windlass lint` found something" in Comments.comments[-1]["body"]
        (shop / "migrations/0003_i.sql").unlink()

        (shop / "migrations/0003_c.sql").write_text("-- windlass: after 0002_b\n\nALTER TABLE nowhere ADD COLUMN c int;\n")
        done = run()
        assert done.returncode == 1, done.stdout + done.stderr
        assert len(Comments.comments) == 101, "the same comment"
        text = Comments.comments[-1]["body"]
        assert "failed on the throwaway database" in text and "0003_c" in text, text

        Comments.comments.clear()
        Comments.refuses = True
        done = run()
        assert "in the job's summary" in done.stdout and done.returncode == 1, done.stdout + done.stderr
    print("ok      the action plans what a pull request adds, in one comment")


if __name__ == "__main__":
    main()
