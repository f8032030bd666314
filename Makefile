# Needs Python 3.11 and make; `make test` also needs root, or the Debian packages that it then names.
PORT ?= 8000
MINUTES ?= 60
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header $(if $(UPGRADE),--upgrade)
TEST_SETTINGS := DJANGO_SETTINGS_MODULE=tests.settings

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test check format messages bench soak risk security release screens lock clean packages runtime dev

help: ## this list
	@echo "Usage: make <target>"
	@echo
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

demo: runtime ## the whole line on this machine, ready to use; PORT=8000
	$(BIN)/chatline demo --port $(PORT)

test: packages check ## everything that must hold before a change goes in: check, then all tests
	$(PYTEST)
	CHATLINE_TEST_DB=postgres $(PYTEST) -m both

check: dev ## format, lint, types, imports, templates, migrations, scripts of the pages
	$(BIN)/ruff format --check --quiet --diff .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/djlint --lint --quiet templates
	$(TEST_SETTINGS) $(BIN)/python -m django makemigrations --check --dry-run
	node --test tests/js/*.test.js

format: dev ## put the code into its one form, and mend what the linter can
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

messages: packages dev ## take what pages say into locale/, and compile what is translated there
	$(BIN)/python -m tools.messages

bench: dev ## messages per second and waiting times beside the bare relay; only prints
	$(BIN)/python -m tools.bench

soak: dev ## shifts of texting with everything going wrong, until a promise breaks; MINUTES=60
	$(BIN)/python -m tests.flows.soak --minutes $(MINUTES)

risk: dev ## what the risk screen finds, beside two baselines; DATA=FOLDER adds texts of others; only prints
	$(BIN)/python -m tools.risk measure $(if $(DATA),--data $(DATA))

security: packages dev ## every promise about privacy and security, with the tests that prove it and the breaks they catch
	$(BIN)/python -m tools.security --full

release: packages dev ## the same, and fails where what we depend on could not be audited; writes the bill of materials
	$(BIN)/python -m tools.security --release
	$(BIN)/cyclonedx-py requirements requirements.lock --output-file var/sbom.json

screens: packages dev ## a picture of each page of a running demo and each state of the visitor's, into var/screens
	$(BIN)/python -m tools.screens var/screens

lock: dev ## write both locks anew from pyproject.toml; UPGRADE=1 takes newer versions
	@test -x $(BIN)/uv || $(BIN)/pip install --quiet uv
	$(COMPILE) --group build --output-file requirements.lock
	$(COMPILE) --group dev --constraint requirements.lock --output-file requirements-dev.lock

clean: ## remove what these commands made, except the demo's data in var/
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info var/screens
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

packages:
	@tools/packages.sh

runtime:
	@tools/venv.sh requirements.lock

dev:
	@tools/venv.sh requirements-dev.lock
