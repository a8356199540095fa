# Two commands do everything, and both may be run again at any time:
#   make run    tools, build, start; then open the sign-in link that it prints
#   make test   every test, with a real Redis and a real browser
# one for those who work on speed:
#   make bench  ratios and counts, in tables
# and one for those who work on grants; `make test` has a short form of it:
#   make faults races, kills, a store that is away, endpoints that fail, wrong clocks, in one table

export PATH := $(shell ./setup path):$(PATH)
export LEPTOS_OUTPUT_NAME := tributary
export CARGO_TARGET_DIR := target

program := target/release/tributary
page := target/site/pkg/tributary.wasm.br
# The providers' OpenAPI documents, where a copy lies beside this one; without it the SDKs' sessions are not held against them.
specs := $(wildcard ../shared/reference/specs)
say := @printf '\033[1m==>\033[0m %s\n'

.PHONY: run test bench faults build check

run: build
	$(say) "starting Tributary; stop it with Ctrl-C"
	@$(program) serve

test:
	@./setup test
	@$(MAKE) --no-print-directory check
	$(say) "unit and whole-program tests (about 3 minutes the first time)"
	cargo test --features failpoints
	@$(MAKE) --no-print-directory build
	$(say) "the page in a browser, and the providers' own SDKs against the sandbox"
	cd end2end && TRIBUTARY_BIN="$(CURDIR)/$(program)" TRIBUTARY_PYTHON="$$(cd .. && ./setup python)" \
	  TRIBUTARY_SPECS="$${TRIBUTARY_SPECS:-$(abspath $(specs))}" npx playwright test
	$(say) "the page's weight"
	@./setup weight

bench: build
	node benches/load.mjs $(program)
	node benches/providers.mjs $(program)
	$(say) "the vault (4 minutes of building the first time)"
	cargo bench --features ssr --bench vault

faults:
	@./setup test
	$(say) "the fault suite in its long form (about 10 minutes)"
	TRIBUTARY_FAULTS=long cargo test --features failpoints --test tributary faults:: -- --nocapture --test-threads 1

build: $(program)

$(program): $(page) $(shell find src -name '*.rs') Cargo.toml Cargo.lock
	$(say) "building the program (4 minutes the first time on two cores)"
	@# The program carries the page inside, and cargo does not see that this changed.
	@touch src/server/site.rs
	cargo build --release --features ssr
	@touch $@

$(page): $(shell find src style public -type f -not -path 'src/server/*' -not -name main.rs) Cargo.toml Cargo.lock rust-toolchain.toml
	@./setup build
	$(say) "building the page (4 minutes the first time on two cores)"
	cargo leptos build --release --precompress --frontend-only

check:
	$(say) "formatting, and clippy for the server and for the page"
	cargo fmt --check
	cargo clippy --features failpoints --all-targets -- -D warnings
	cargo clippy --lib --target wasm32-unknown-unknown --features hydrate -- -D warnings
	@# The proof that a fourth provider is one file, one line and its stand-in must still fit the code.
	git apply --check docs/fourth-provider.patch
