# What there is to do here. `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help run web test fmt lint check-generated openapi readme api-fuzz bench sandbox-bench sandbox-browser web-check web-browser web-measure web-package web-package-try clients-test

help: ## List what there is to do
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 18

run: ## Build and start everything on 127.0.0.1:8000, the Stripe sandbox on 127.0.0.1:12111, data in data/
	scripts/web.sh --if-possible
	cargo run --bin allthrive-billing -- serve

web: ## Build the pages into web/dist, from where the program embeds them (needs npm)
	scripts/web.sh

test: ## Run every test, on SQLite and on PostgreSQL; says what it could not run
	scripts/test.sh

fmt: ## Format the code
	cargo fmt --all

lint: ## Formatting and clippy, warnings denied
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

check-generated: ## Compare what is generated with what is checked in
	scripts/check-generated.sh

openapi: ## Write openapi.json anew, and the types of it: the pages' and the TypeScript client's
	cargo build --bin allthrive-billing
	"$${CARGO_TARGET_DIR:-target}/debug/allthrive-billing" openapi > openapi.json
	scripts/web.sh --schema
	scripts/clients.sh schema

readme: ## Run the README's commands word for word and compare what they answer
	node scripts/readme.mjs

sandbox-browser: ## Pay in Chromium with the sandbox's Stripe.js and Stripe's React components (needs npm)
	scripts/sandbox-browser.sh

api-fuzz: ## Throw generated requests at every endpoint (schemathesis; needs Python 3.11)
	scripts/api-fuzz.sh

sandbox-bench: ## How fast the sandbox is, beside an empty axum handler in the same run
	scripts/sandbox-bench.sh

bench: ## How fast AI requests are recorded, beside pgbench in the same run: make bench [BENCH="--users 1000,10000 ..."] (needs PostgreSQL)
	TEST_POSTGRES_DURABLE=1 scripts/test-postgres.sh run cargo bench --quiet -p server --bench usage -- $(BENCH)

web-check: ## Lint, types, tests, build and size of the pages (needs npm)
	scripts/web-check.sh

web-package: ## Make the npm package of the pages' pieces, for another React application (needs npm)
	scripts/web-package.sh

web-package-try: ## Install that package in a bare application, and subscribe and pay there in Chromium (needs npm)
	scripts/web-package.sh try

web-measure: ## How fast the pages answer on a slow machine, in Chromium (needs npm)
	scripts/web-measure.sh

web-browser: ## Subscribe, pay, decline and cancel in Chromium, with pictures of every page (needs npm)
	scripts/web-browser.sh

clients-test: ## Check, build and test the packages for hosts' backends, on a running server (needs Python 3.10 and npm)
	scripts/clients.sh
