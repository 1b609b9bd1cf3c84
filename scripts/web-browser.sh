#!/usr/bin/env bash
# Tells the stories of the pages in Chromium, against the real program and its sandbox: web-browser.sh [part of a name ...]
# Pictures of every page and state are left in .tools/web/pictures; with WEB_PICTURES=all at every size and in both themes.
# CHROMIUM names another browser than /usr/bin/chromium.
set -euo pipefail
cd "$(dirname "$0")/.."

source scripts/chromium.sh
scripts/web.sh
cargo build --bin allthrive-billing
exec node web/e2e/run.mjs "$(realpath "${CARGO_TARGET_DIR:-target}")/debug/allthrive-billing" "$PWD/.tools/web/pictures" "$@"
