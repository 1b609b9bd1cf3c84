#!/usr/bin/env bash
# Everything about the pages that needs no browser: format and lint, types, tests (the API's types are current among them),
# build, and how much JavaScript is loaded first.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/web.sh
cd web
npm run --silent lint
npm run --silent test
npm run --silent budget
