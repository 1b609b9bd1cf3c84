#!/usr/bin/env bash
# Tells the stories of the sandbox's Stripe.js in Chromium, with Stripe's own React components: sandbox-browser.sh [part of a name]
# Pictures of how it looks are left in .tools/browser/pictures. CHROMIUM names another browser than /usr/bin/chromium.
set -euo pipefail
cd "$(dirname "$0")/.."

stories=crates/sandbox/tests/browser
tools=$PWD/.tools/browser
source scripts/chromium.sh

mkdir -p "$tools"
# The list of what is installed is written last: what was interrupted is done again. (`npm ci` wants the optional
# packages of every platform, and some are nowhere to be had.)
if ! cmp -s "$stories/package.json" "$tools/installed.json"; then
    cp "$stories/package.json" "$tools/package.json"
    npm install --prefix "$tools" --no-audit --no-fund --loglevel=error
    cp "$stories/package.json" "$tools/installed.json"
fi

cargo build -p sandbox --bin stripe-sandbox
exec node "$stories/run.mjs" "$tools" "${CARGO_TARGET_DIR:-target}/debug/stripe-sandbox" "$@"
