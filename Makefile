# One word for each thing a person does with this repository. `make` alone lists them.

SWIFT    ?= swift
# The Swift runtime goes into the binary: calls to it are cheaper, and nothing else has to be installed.
RELEASE   = -c release --static-swift-stdlib
GATEHOUSE = .build/release/gatehouse

.DEFAULT_GOAL := help
.PHONY: help setup run test check bench fuzz fixtures sanitize soak

help: ## List these targets.
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

setup: ## Install the apt packages that building and testing need.
	@Scripts/setup build test

run: ## Build for release and serve the hello example with demo backends. ARGS= adds options.
	@Scripts/setup build
	$(SWIFT) build $(RELEASE) --product gatehouse
	@Scripts/hello-banner $(ARGS)
	@exec $(GATEHOUSE) serve -f Examples/hello --demo-backends $(ARGS)

test: ## Run every test. ARGS= adds options, for example ARGS='--filter RoutingTests'.
	@Scripts/setup build test
	$(SWIFT) test --disable-xctest $(ARGS)

check: ## Lint the format, build everything with warnings as errors, check the house rules.
	@Scripts/setup build test
	$(SWIFT) format lint --strict -r Sources Tests Benchmarks/Sources Fuzz/Sources Package.swift Benchmarks/Package.swift Fuzz/Package.swift
	Scripts/house-rules
	$(SWIFT) build --build-tests

bench: ## Measure against nginx, HAProxy and Envoy in one run. SCENARIO=small,routes ROUNDS=5 SECONDS=4
	@Scripts/setup build bench
	$(SWIFT) build $(RELEASE) --product gatehouse
	$(SWIFT) build -c release --package-path Benchmarks
	@cd Benchmarks && exec python3 -m bench $(if $(SCENARIO),--scenarios $(SCENARIO)) \
	  $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SECONDS),--seconds $(SECONDS)) $(ARGS)

fuzz: ## Fuzz the parsers, SECONDS= each (30). TARGET= picks one.
	@Scripts/setup build
	@Fuzz/run $(if $(SECONDS),--seconds $(SECONDS)) $(TARGET)

fixtures: ## Rewrite the expected outputs of the fixture tests; read the diff before you commit it.
	@Scripts/setup build test
	GATEHOUSE_REWRITE_FIXTURES=1 $(SWIFT) test --disable-xctest --filter IngressDialectTests

sanitize: ## Run the tests under the address and the thread sanitizer.
	@Scripts/setup build test
	LSAN_OPTIONS=suppressions=$(CURDIR)/Scripts/leaks.supp \
	  $(SWIFT) test --disable-xctest --sanitize=address --scratch-path .build-asan $(ARGS)
	TSAN_OPTIONS=suppressions=$(CURDIR)/Scripts/races.supp \
	  $(SWIFT) test --disable-xctest --sanitize=thread --scratch-path .build-tsan $(ARGS)

soak: ## Good, broken and abandoned requests while manifests change: REQUESTS= of them (200000).
	@Scripts/setup build test
	GATEHOUSE_SOAK_REQUESTS=$(or $(REQUESTS),200000) $(SWIFT) test --disable-xctest --filter SoakTests
