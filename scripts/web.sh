#!/usr/bin/env bash
# Builds the pages into web/dist, from where the program embeds them. With `--if-possible` a machine without npm is no
# error: the program says then what to run. With `--schema` it only writes the types of the API, from openapi.json; with
# `--package` it only makes the npm package of the pages' pieces, and says where it is.
set -euo pipefail
cd "$(dirname "$0")/../web"

if ! command -v npm >/dev/null; then
    echo "web: npm is not there, so the pages are not built (Node 20 has it)" >&2
    [[ -n ${1:-} ]] && exit 0
    exit 1
fi

# The list of what is installed is written last: what was interrupted is done again. (`npm ci` wants the optional packages
# of every platform, and some are nowhere to be had.)
if ! cmp -s package.json node_modules/.installed.json; then
    npm install --no-audit --no-fund --loglevel=error
    cp package.json node_modules/.installed.json
fi

if [[ ${1:-} == --schema || ${1:-} == --package ]]; then
    npm run --silent "${1#--}"
    exit 0
fi

# Nothing to do when nothing is newer than what was built.
if [[ ${1:-} == --if-possible && -f dist/index.html.gz ]] &&
    [[ -z $(find src public index.html package.json vite.config.ts scripts -newer dist/index.html.gz -print -quit) ]]; then
    exit 0
fi
npm run --silent build
