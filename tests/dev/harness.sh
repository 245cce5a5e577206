# shellcheck shell=sh disable=SC2016  # stubs are scripts in quotes
# A machine made of stubs, for the tests beside this file. Sourced; the test then calls `machine`, `stub` and `dev`.
#
# PATH holds only the stubs and the few plain tools that ./dev itself uses, and the usual system folders are looked
# for below $work/system, so that what is installed on this machine does not matter. Stubs append to $work/calls.

root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# machine SYSTEM UID: starts from nothing.
machine() {
    rm -rf "${work:?}"/*
    mkdir -p "$work/bin" "$work/system" "$work/home" "$work/tmp"
    : >"$work/calls"
    for tool in sh sed awk dirname ls cat rm mkdir env tee mktemp; do
        ln -s "$(command -v "$tool")" "$work/bin/$tool"
    done
    quiet_stub true "exit 0"
    quiet_stub uname "echo $1"
    quiet_stub id "echo $2"
}

# stub NAME SCRIPT: an executable that records how it was called, then does SCRIPT.
stub() {
    printf '#!/bin/sh\n[ "$1" = --version ] || [ "$1" = -p ] || echo "%s $*" >>"%s/calls"\n%s\n' "$1" "$work" "$2" >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}

# A stub without a record, for what is only looked at.
quiet_stub() {
    printf '#!/bin/sh\n%s\n' "$2" >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}

rust_is_here() { quiet_stub cargo 'echo "cargo 99.0.0"'; }

# make_postgres FOLDER MAJOR, written so that stubs can do it too.
make_postgres="
make_postgres() {
    mkdir -p \"\$1\"
    for tool in initdb pg_ctl postgres; do
        printf '#!/bin/sh\\necho \"postgres (PostgreSQL) %s.1\"\\n' \"\$2\" >\"\$1/\$tool\"
        /bin/chmod +x \"\$1/\$tool\"
    done
}"
eval "$make_postgres"

# dev ARGUMENTS…: runs ./dev on that machine without a terminal; its words go to $work/said, its status to $status.
dev() {
    status=0
    env -i PATH="$work/bin" HOME="$work/home" TMPDIR="$work/tmp" WINDLASS_DEV_ROOT="$work/system" \
        WINDLASS_DEV_CACHE="$work/cache" ${YES:+WINDLASS_YES=1} \
        "$work/bin/sh" "$root/dev" "$@" >"$work/said" 2>&1 </dev/null || status=$?
}

expect() {
    title=$1
    shift
    if ! "$@"; then
        failures=$((failures + 1))
        echo "FAILED: $(basename "$0"): $title" >&2
        sed 's/^/    said: /' "$work/said" >&2
        sed 's/^/    called: /' "$work/calls" >&2
    fi
}

succeeds() { [ "$status" = 0 ]; }
fails() { [ "$status" = 1 ]; }
calls() { grep -qxF -- "$1" "$work/calls"; }
calls_nothing() { [ ! -s "$work/calls" ]; }
says() { grep -qF -- "$1" "$work/said"; }
says_nothing() { [ ! -s "$work/said" ]; }
never_calls() { ! grep -q "^$1 " "$work/calls"; }

finish() {
    [ "$failures" = 0 ] || exit 1
    echo "$(basename "$0"): as it should be"
}
