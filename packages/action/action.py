"""The GitHub Action: lints the migrations, plans them on a database that stands where the target branch does, applies
them, and keeps what came of it as one comment of the pull request. It fails where one of these does."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

# The first line of `windlass plan --format markdown`, by which its comment is found again.
MARK = "<!-- windlass-plan -->"


def windlass(*arguments):
    """Runs it, shows what it says, and gives its exit code and standard output."""
    done = subprocess.run([os.environ["WINDLASS"], *arguments], stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="", flush=True)
    return done.returncode, done.stdout


def lint(folder):
    """Findings as annotations of the files that the pull request changes."""
    base = os.environ.get("GITHUB_BASE_REF")
    since = ["--since", f"origin/{base}"] if base else []
    return windlass("--dir", folder, "lint", "--format", "github", *since)[0]


def stand_where_the_target_does(folder):
    """Applies the target branch's revisions, so that the plan shows what the pull request adds."""
    base = os.environ.get("GITHUB_BASE_REF")
    if not base:
        return 0
    with tempfile.TemporaryDirectory() as place:
        tree = pathlib.Path(place, "base")
        added = subprocess.run(
            ["git", "worktree", "add", "--quiet", "--detach", tree, f"origin/{base}"], capture_output=True, text=True
        )
        if added.returncode != 0:
            print(f"::warning::the plan starts at an empty database: {added.stderr.strip()} (checkout with fetch-depth: 0)")
            return 0
        try:
            if not (tree / folder).is_dir():
                return 0
            # Its own settings, with its own files.
            return subprocess.run([os.environ["WINDLASS"], "--quiet", "--dir", folder, "upgrade"], cwd=tree).returncode
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", tree], capture_output=True)


def api(method, path, body=None):
    request = urllib.request.Request(
        os.environ.get("GITHUB_API_URL", "https://api.github.com") + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['TOKEN']}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def comment(number, text):
    """Writes the comment, or the one that is there anew."""
    issue = f"/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    page = 1
    while found := api("GET", f"{issue}/{number}/comments?per_page=100&page={page}"):
        for known in found:
            if known["body"].startswith(MARK):
                return api("PATCH", f"{issue}/comments/{known['id']}", {"body": text})
        page += 1
    return api("POST", f"{issue}/{number}/comments", {"body": text})


def report(plan, outcome):
    """The plan as it was written for a comment, with what came of it behind its first line."""
    mark, _, rest = plan.partition("\n")
    if mark != MARK:
        return f"{MARK}\n### Windlass plan\n\n{outcome}\n"
    return f"{mark}\n{outcome}\n\n{rest}"


def main():
    folder = os.environ["DIR"]
    failed = []
    if lint(folder) != 0:
        failed.append("`windlass lint` found something; see the annotations")
    if stand_where_the_target_does(folder) != 0:
        sys.exit("the revisions of the target branch failed")
    status, plan = windlass("--dir", folder, "plan", "--format", "markdown")
    if status != 0:
        failed.append(f"`windlass plan` ended with {status}")
    elif windlass("--dir", folder, "upgrade")[0] != 0:
        failed.append("`windlass upgrade` failed on the throwaway database; see the log")
    outcome = "❌ " + "; ".join(failed) if failed else "✅ They were applied to a throwaway database."
    text = report(plan, outcome)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        pathlib.Path(summary).write_text(text)
    event = json.loads(pathlib.Path(os.environ["GITHUB_EVENT_PATH"]).read_text())
    number = event.get("pull_request", {}).get("number")
    if number and os.environ.get("COMMENT") == "true":
        try:
            comment(number, text)
        except urllib.error.HTTPError as error:
            # A pull request of a fork may not write. The summary holds the same.
            print(f"::notice::the plan is in the job's summary, since the comment was refused: {error}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
