#!/usr/bin/env bash
# Throws generated requests at every endpoint that the OpenAPI document names, as a member and as nobody. It fails
# on a 5xx (but for a documented 503), on a status or a content type that the document does not name, and on an
# answer of another shape. Takes about two minutes; needs Python 3.11, and the package index once.
#
#   API_FUZZ_SECONDS=300 scripts/api-fuzz.sh     longer, for each of the two
set -euo pipefail
cd "$(dirname "$0")/.."

PYTHON=${PYTHON:-python3}
package=schemathesis==4.32.5
seconds=${API_FUZZ_SECONDS:-45}
fail() { echo "api-fuzz: $*" >&2; exit 1; }

if [[ $(cat .tools/schemathesis/installed 2>/dev/null) != "$package" ]]; then
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "needs Python 3.11 or newer (set PYTHON to one)"
    "$PYTHON" -m venv .tools/schemathesis
    .tools/schemathesis/bin/pip install --quiet --disable-pip-version-check "$package"
    printf '%s' "$package" >.tools/schemathesis/installed
fi
.tools/schemathesis/bin/st --version >/dev/null || fail "schemathesis does not start"

cargo build --quiet --bin allthrive-billing
program=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/debug/allthrive-billing

# Below 32768, where no system takes the ports of outgoing connections from.
free_port() {
    local port
    for _ in $(seq 100); do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
    fail "no free port between 20000 and 32000"
}

folder=$(mktemp -d "${TMPDIR:-/tmp}/allthrive-api-fuzz.XXXXXX")
server=
cleanup() {
    [[ -z $server ]] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null || true; }
    rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

listen=127.0.0.1:$(free_port)
url=http://$listen
RUST_LOG=error "$program" serve --billing-listen "$listen" --sandbox-listen "127.0.0.1:$(free_port)" \
    --database-url "sqlite:$folder/data/billing.db" >"$folder/out.log" 2>"$folder/err.log" </dev/null &
server=$!
for _ in $(seq 150); do
    curl -sf "$url/healthz" >/dev/null && break
    kill -0 "$server" 2>/dev/null || fail "the server did not start: $(cat "$folder/err.log")"
    sleep 0.1
done

token=$(curl -sf "$url/api/v1/auth/register/" -H 'Content-Type: application/json' \
    -d '{"email": "fuzz@members.example", "password": "correct horse"}' | sed 's/.*"token":"\([^"]*\)".*/\1/')
[[ $token == ats_* ]] || fail "no token: $token"

failed=0
# fuzz NAME ARGUMENTS...
fuzz() {
    local name=$1
    shift
    echo "api-fuzz: $name, $seconds s"
    (cd "$folder" && "$OLDPWD/.tools/schemathesis/bin/st" run "$url/api/openapi.json" --max-time "$seconds" \
        --workers 2 --phases examples,coverage,fuzzing --no-shrink --continue-on-failure --warnings off \
        --suppress-health-check all --request-timeout 20 \
        --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
        "$@") || failed=1
}
# Signing out would end the session that the others need.
fuzz "as a member" --header "Authorization: Bearer $token" --exclude-path-regex '/auth/logout/'
printf '[auth]\nauto-signup = false\n' >"$folder/schemathesis.toml"
fuzz "as nobody"

kill -0 "$server" 2>/dev/null || { echo "api-fuzz: the server is gone" >&2; failed=1; }
status=$(curl -s -o /dev/null -w '%{http_code}' "$url/api/v1/billing/subscription/" -H "Authorization: Bearer $token")
[[ $status == 200 ]] || { echo "api-fuzz: the member was signed out meanwhile ($status): little was tried" >&2; failed=1; }
if [[ -s $folder/err.log ]]; then
    echo "api-fuzz: the server logged errors:" >&2
    tail -20 "$folder/err.log" >&2
    failed=1
fi
[[ $failed -eq 0 ]] && echo "api-fuzz: nothing found"
exit $failed
