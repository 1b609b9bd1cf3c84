#!/usr/bin/env bash
# Makes the npm package of the pages' pieces, and says where it is. With `try` it is installed in a bare application
# (web/e2e/host), type-checked, built, and used in Chromium against the real program; pictures are in .tools/web/pictures.
# CHROMIUM names another browser than /usr/bin/chromium.
set -euo pipefail
cd "$(dirname "$0")/.."

tarball=$(scripts/web.sh --package | tail -1)
echo "$tarball"
[[ ${1:-} == try ]] || exit 0

source scripts/chromium.sh
cargo build --bin allthrive-billing
exec node web/e2e/package.mjs "$(realpath "${CARGO_TARGET_DIR:-target}")/debug/allthrive-billing" "$PWD/.tools/web/pictures" "$tarball"
