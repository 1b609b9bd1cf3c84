#!/usr/bin/env bash
# How fast the pages are on a slow machine with a slow line, and how much they move while they load: in Chromium, against
# the real program. Prints it beside the goals, and exits 1 where one is missed. Wants a machine that does nothing else.
# CHROMIUM names another browser than /usr/bin/chromium.
set -euo pipefail
cd "$(dirname "$0")/.."

source scripts/chromium.sh
scripts/web.sh
cargo build --bin allthrive-billing
exec node web/e2e/measure.mjs "$(realpath "${CARGO_TARGET_DIR:-target}")/debug/allthrive-billing"
