#!/bin/sh
# How fast the sandbox is beside an empty axum handler. With words, only these parts: memory disk flat year, or intents,
# which is for a profiler.
set -eu
cd "$(dirname "$0")/.."
exec cargo bench --quiet -p sandbox --bench speed -- "$@"
