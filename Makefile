# Two commands do everything, and both can be run again at any time:
#   make run     install the tools, build and start; then open the sign-in link that it prints
#   make test    all checks and tests, with a real Redis and a real browser
#
# While you work on Tributary:
#   make dev     start a debug build and rebuild it whenever a file changes
#   make end2end run the browser and SDK tests; TESTS=sdk- runs those whose file names contain it
#   make check   formatting, lints, API docs, dependencies, the docs' references, and the types of end2end; no tests
#   make msrv    compile with the oldest supported Rust version
#   make bench   measure loads, requests and the vault, and print tables
#   make fuzz    the fuzz targets for SECONDS each (60), which `make test` runs 10,000 times each
#   make soak    connect, load and read tokens for minutes, and print whether memory and the store's file become flat
#   make faults  the long form of the fault suite, which `make test` runs in a short form: races, kills, outages, wrong clocks

export PATH := $(shell ./setup path):$(PATH)
export CARGO_TARGET_DIR := target

program := target/release/tributary
page := target/site/pkg/tributary.wasm.br
# The page is built from these, the program from all of src and the sandbox's stand-ins.
page_sources := $(shell find src style public -type f -not -path 'src/server/*' -not -path 'src/cli/*' \
  -not -name server.rs -not -name cli.rs -not -name main.rs) Cargo.toml Cargo.lock rust-toolchain.toml
program_sources := $(shell find src sandbox -name '*.rs' -not -path '*/tests/*') Cargo.toml sandbox/Cargo.toml Cargo.lock
# The providers' OpenAPI documents, if there is a copy beside this repository. Without it the SDKs' calls are made, but
# not compared with the documents.
specs := $(wildcard ../shared/reference/specs)
msrv := $(shell sed -n 's/^rust-version = "\(.*\)"/\1.0/p' Cargo.toml)
step := @./setup step

.PHONY: help run dev test end2end check msrv bench soak fuzz faults build

run: build
	@printf '\033[1m==>\033[0m %s\n' "starting Tributary; stop it with Ctrl-C"
	@$(program) serve

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

# Debug builds read the page's files from target/site, so a change of the page needs no new program.
dev:
	@./setup build
	@printf '\033[1m==>\033[0m %s\n' "building both halves (4 minutes the first time on two cores); reload the browser after a rebuild"
	cargo leptos watch -- serve

test:
	@./setup test
	@$(MAKE) --no-print-directory check
	$(step) "unit and whole-program tests (about 5 minutes, and building them)" \
	  cargo test --workspace --features tributary/test-support
	@$(MAKE) --no-print-directory end2end
	$(step) "the size of the page" ./setup weight

end2end: build
	@./setup test
	$(step) "the page in a browser, and the providers' own SDKs with the sandbox" \
	  env TRIBUTARY_BIN="$(CURDIR)/$(program)" TRIBUTARY_PYTHON="$$(./setup python)" TRIBUTARY_SPECS="$${TRIBUTARY_SPECS:-$(abspath $(specs))}" \
	  npm --prefix end2end test -- $(TESTS)

check:
	@./setup check
	$(step) "formatting" cargo fmt --all --check
	$(step) "clippy: everything, with test support" \
	  cargo clippy --workspace --all-targets --features tributary/test-support -- -D warnings
	$(step) "clippy: the server without the sandbox" \
	  cargo clippy --no-default-features --features ssr -- -D warnings
	$(step) "clippy: the page" \
	  cargo clippy --lib --target wasm32-unknown-unknown --no-default-features --features hydrate -- -D warnings
	$(step) "API docs" \
	  env RUSTDOCFLAGS="-D warnings -A rustdoc::private-intra-doc-links" cargo doc --quiet --workspace --no-deps --document-private-items --features tributary/test-support
	$(step) "licences, bans and sources of dependencies" cargo deny --log-level warn check licenses bans sources
	@./setup advisories
	$(step) "references in the docs" node docs/check.mjs
	$(step) "types of end2end" npm --prefix end2end run --silent check

msrv:
	@rustup toolchain install $(msrv) --profile minimal -t wasm32-unknown-unknown >/dev/null 2>&1
	$(step) "Rust $(msrv): the server and the sandbox" cargo +$(msrv) check --workspace --features tributary/ssr
	$(step) "Rust $(msrv): the page" \
	  cargo +$(msrv) check --lib --target wasm32-unknown-unknown --no-default-features --features hydrate

bench: build
	node benches/load.mjs $(program)
	node benches/providers.mjs $(program)
	$(step) "the vault (4 minutes of building the first time)" \
	  cargo bench --features ssr --bench vault

soak: build
	node benches/soak.mjs $(program) 300

fuzz:
	$(step) "fuzz targets, $(or $(SECONDS),60) seconds each" \
	  env TRIBUTARY_FUZZ_SECONDS=$(or $(SECONDS),60) cargo test --features test-support --lib --test tributary fuzz:: -- --test-threads 2

faults:
	@./setup test
	$(step) "the fault suite in its long form (about 10 minutes)" \
	  env TRIBUTARY_FAULTS=long cargo test --features test-support --test tributary faults:: -- --nocapture --test-threads 1

build: $(program)

$(program): $(page) $(program_sources)
	@# The program embeds the page, whose changes cargo does not notice.
	@touch src/server/views/assets.rs
	$(step) "building the program (4 minutes the first time on two cores)" cargo build --release --features ssr
	@touch $@

$(page): $(page_sources)
	@./setup build
	$(step) "building the page (4 minutes the first time on two cores)" cargo leptos build --release --precompress --frontend-only
