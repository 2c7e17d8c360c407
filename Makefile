# olap: build, test, measure. `make help` lists the targets.

SWIFT       ?= swift
PREFIX      ?= /usr/local
DESTDIR     ?=
# Linked without shared libraries: the loader would take longer than a small query.
BUILD_FLAGS := -c release -Xswiftc -static-stdlib -Xswiftc -static-executable
TEST_FLAGS  := -c release --scratch-path .build-test
# `swift test` builds the executables too: the tests run .build-test/release/olap.
OLAP        := .build/release/olap
DATASETS    := .build/release/olap-datasets
SWIFT_ROOTS := $(wildcard Sources Tests)
SF          ?= 1
MAN              := $(PREFIX)/share/man/man1
BASH_COMPLETIONS := $(PREFIX)/share/bash-completion/completions
ZSH_COMPLETIONS  := $(PREFIX)/share/zsh/site-functions
FISH_COMPLETIONS := $(PREFIX)/share/fish/vendor_completions.d

# Debian packages the build and the tests need; `deps` installs the missing ones only.
PACKAGES := libzstd-dev libre2-dev libssl-dev zlib1g-dev libxxhash-dev tzdata sqlite3 libsqlite3-dev

.DEFAULT_GOAL := help
.PHONY: help deps build reference test example demo bench bench-full lint format install uninstall clean

help: ## list the targets
	@echo "usage: make TARGET"
	@echo
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

deps: ## install missing Debian packages (root or sudo)
	@missing=; for package in $(PACKAGES); do \
	  dpkg-query -W -f='$${db:Status-Status}\n' $$package 2>/dev/null | grep -qx installed \
	    || missing="$$missing $$package"; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	echo "installing:$$missing"; \
	as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	apt="$$as_root env DEBIAN_FRONTEND=noninteractive apt-get"; \
	$$apt install -y -q --no-install-recommends $$missing >/dev/null 2>&1 && exit 0; \
	$$apt update -q && $$apt install -y -q --no-install-recommends $$missing

build: deps ## build the release binary, .build/release/olap
	$(SWIFT) build $(BUILD_FLAGS)

test: deps ## run every test
	$(SWIFT) test $(TEST_FLAGS)

example: deps ## build a program that links olap as a versioned package
	@Examples/check.sh

reference: deps ## write spec/functions.md from the functions' descriptions
	OLAP_WRITE_REFERENCE=1 $(SWIFT) test $(TEST_FLAGS) --filter FunctionReferenceTests

demo: build ## bronze, silver, gold on 100,000 generated orders
	@datasets/keycrm/demo.sh

bench: build ## compare with DuckDB: TPC-H, load, upsert, refresh (SF=1)
	@Benchmarks/bench.py --sf $(SF)

bench-full: build ## the same at SF 10 and with the largest tables
	@Benchmarks/bench.py --sf 10 --full

lint: ## check the format of every Swift file
	$(SWIFT) format lint --strict --recursive --parallel Package.swift $(SWIFT_ROOTS)

format: ## rewrite every Swift file in the project's format
	$(SWIFT) format --in-place --recursive --parallel Package.swift $(SWIFT_ROOTS)

install: ## install the binary, man page and completions (PREFIX, DESTDIR)
	@test -x $(OLAP) || $(MAKE) build
	install -D -m 755 $$(command -v strip >/dev/null && echo -s) $(OLAP) "$(DESTDIR)$(PREFIX)/bin/olap"
	install -d "$(DESTDIR)$(MAN)" "$(DESTDIR)$(BASH_COMPLETIONS)" "$(DESTDIR)$(ZSH_COMPLETIONS)" \
	  "$(DESTDIR)$(FISH_COMPLETIONS)"
	$(OLAP) help man > "$(DESTDIR)$(MAN)/olap.1"
	$(OLAP) help completions bash > "$(DESTDIR)$(BASH_COMPLETIONS)/olap"
	$(OLAP) help completions zsh > "$(DESTDIR)$(ZSH_COMPLETIONS)/_olap"
	$(OLAP) help completions fish > "$(DESTDIR)$(FISH_COMPLETIONS)/olap.fish"

uninstall: ## remove what install put there
	rm -f "$(DESTDIR)$(PREFIX)/bin/olap" "$(DESTDIR)$(MAN)/olap.1" \
	  "$(DESTDIR)$(BASH_COMPLETIONS)/olap" "$(DESTDIR)$(ZSH_COMPLETIONS)/_olap" \
	  "$(DESTDIR)$(FISH_COMPLETIONS)/olap.fish"

clean: ## remove everything that was built or generated
	rm -rf .build .build-test demo-data bench-data
