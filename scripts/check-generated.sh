#!/usr/bin/env bash
# What is checked in and follows from the code: openapi.json, the settings in .env.example and in the installation
# page, the event types in the webhooks page.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --quiet --bin allthrive-billing
program=${CARGO_TARGET_DIR:-target}/debug/allthrive-billing
failed=0

# compare WHAT HOW-TO-MEND CODE DOCUMENT
compare() {
    if diff <(echo "$3") <(echo "$4"); then
        echo "check-generated: $1: current"
    else
        echo "check-generated: $1 differs (<: the code, >: the file). $2" >&2
        failed=1
    fi
}

compare openapi.json "Run: make openapi" "$("$program" openapi)" "$(cat openapi.json)"

settings=$("$program" serve --help | grep -o '\[env: [A-Z_]*\]' | sed 's/\[env: \(.*\)\]/\1/' | sort)
[[ $(wc -l <<<"$settings") -gt 10 ]] || { echo "check-generated: the help lists no settings" >&2; exit 1; }
compare .env.example "Name every setting once." "$settings" \
    "$(sed -n 's/^#\{0,1\}\([A-Z_]*\)=.*/\1/p' .env.example | sort)"
compare docs/operations/install.md "Its table has a row for every setting." "$settings" \
    "$(sed -n 's/^| `\([A-Z_]*\)` .*/\1/p' docs/operations/install.md | sort)"

compare docs/operations/webhooks.md "It lists the types of crates/stripe/src/event_types.rs." \
    "$(sed -n 's/^    "\([a-z_.]*\)",$/\1/p' crates/stripe/src/event_types.rs | sort)" \
    "$(sed -n '/^```text$/,/^```$/p' docs/operations/webhooks.md | grep -v '^```' | tr ' ' '\n' | sed '/^$/d' | sort)"
version=$(sed -n 's/.*API_VERSION: &str = "\(.*\)";/\1/p' crates/stripe/src/request.rs)
compare "the API version in docs/operations/webhooks.md" "It names API_VERSION of crates/stripe/src/request.rs." \
    "$version" "$(grep -o "$version" docs/operations/webhooks.md | head -1)"

exit $failed
