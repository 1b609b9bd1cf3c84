#!/usr/bin/env bash
# Checks the packages for hosts' backends (clients/), builds them, and tests what was built, and the code of their READMEs,
# on a running server. Needs Python 3.10 and Node 20 with npm, and the package indexes once.
#
#   scripts/clients.sh              both
#   scripts/clients.sh python       one of them; or typescript
#   scripts/clients.sh schema       only writes the TypeScript types of the API, from openapi.json
#   BILLING_PROGRAM=PATH            another allthrive-billing than the one that cargo builds
set -euo pipefail
cd "$(dirname "$0")/.."

PYTHON=${PYTHON:-python3}
PIP_PACKAGES="build==1.6.1 hatchling==1.33.0 ruff==0.17.6 mypy==2.4.1 pytest==9.2.0 httpx==0.28.1 anyio==4.16.0
    Django==5.2.19 django-stubs==6.1.2 djangorestframework==3.18.3 djangorestframework-stubs==3.18.1"
fail() { echo "clients: $*" >&2; exit 1; }

python_package() {
    local tools=$PWD/.tools/clients/python wheels
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || fail "needs Python 3.10 or newer (set PYTHON to one)"
    if [[ $(cat "$tools/installed" 2>/dev/null) != "$PIP_PACKAGES" ]]; then
        rm -rf "$tools"
        "$PYTHON" -m venv "$tools"
        # shellcheck disable=SC2086 # a list
        "$tools/bin/pip" install --quiet --disable-pip-version-check $PIP_PACKAGES
        printf '%s' "$PIP_PACKAGES" >"$tools/installed"
    fi
    (
        cd clients/python
        "$tools/bin/ruff" format --check --quiet . || fail "the format: ruff format"
        "$tools/bin/ruff" check --quiet .
        "$tools/bin/mypy" src tests
        wheels=$(mktemp -d "${TMPDIR:-/tmp}/allthrive-clients.XXXXXX")
        trap 'rm -rf "$wheels"' EXIT
        "$tools/bin/python" -m build --wheel --no-isolation --outdir "$wheels" . >/dev/null
        # What is tested is the wheel: nothing of src is on Python's path.
        "$tools/bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps "$wheels"/*.whl
        "$tools/bin/pytest"
    )
}

npm_packages() {
    command -v npm >/dev/null || fail "needs npm (Node 20 has it)"
    # As in web.sh.
    if ! cmp -s package.json node_modules/.installed.json; then
        npm install --no-audit --no-fund --no-package-lock --loglevel=error
        cp package.json node_modules/.installed.json
    fi
}

typescript_package() {
    (
        cd clients/typescript
        npm_packages
        npm run --silent lint
        npm run --silent current
        npm run --silent build
        npm test --silent
    )
}

if [[ ${1:-} == schema ]]; then
    cd clients/typescript
    npm_packages
    npm run --silent schema
    exit 0
fi

# They go with the program.
version=$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"/\1/p' Cargo.toml)
grep -qx "version = \"$version\"" clients/python/pyproject.toml || fail "clients/python is not of version $version"
grep -q "\"version\": \"$version\"" clients/typescript/package.json || fail "clients/typescript is not of version $version"

if [[ -z ${BILLING_PROGRAM:-} ]]; then
    cargo build --quiet --bin allthrive-billing
    BILLING_PROGRAM=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/debug/allthrive-billing
fi
export BILLING_PROGRAM
case ${1:-both} in
    python) python_package ;;
    typescript) typescript_package ;;
    both) python_package; typescript_package ;;
    *) fail "both, python or typescript, not $1" ;;
esac
