# What can be done here. `make run` to use the portal, `make test` before a commit.
.PHONY: run test check types style format bench journeys demo-reset clean
.DEFAULT_GOAL := run
unexport PYTHONDONTWRITEBYTECODE # to compile everything again takes every process seconds

PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest
# A process more than two processors have: while a browser is waited for, another test runs.
ALL_AT_ONCE := -n 3 --dist loadfile --no-loadscope-reorder
SOURCE := policies portal jobs scripts tests bench migrations wsgi.py gunicorn.conf.py

run: ## Set up, migrate, load the demo the first time, start everything; Ctrl-C stops it
	@scripts/setup.sh run
	@$(PYTHON) -m scripts

test: ## Set up, run every check and every test
	@scripts/setup.sh dev
	@$(MAKE) --no-print-directory check
	@if [ -e .venv/.no-browser ]; then export COUNTERSIGN_NO_BROWSER=1; fi; \
	  $(PYTEST) $(ALL_AT_ONCE) $(ARGS)

check: ## Format, lint, types, layers, templates
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target types style

types:
	@.venv/bin/mypy

style:
	@.venv/bin/ruff format --check $(wildcard $(SOURCE))
	@.venv/bin/ruff check $(wildcard $(SOURCE))
	@.venv/bin/lint-imports --no-cache
	@.venv/bin/djlint portal/templates --lint --quiet

format: ## Let ruff lay out the code; templates are laid out by hand, white space counts in them
	@.venv/bin/ruff format $(wildcard $(SOURCE))
	@.venv/bin/ruff check --fix $(wildcard $(SOURCE))

bench: ## Measure the portal against bare csv and sqlite3
	@scripts/setup.sh run
	@$(PYTHON) -m bench $(ARGS)

journeys: ## Only the whole stories in a real browser
	@scripts/setup.sh dev
	@$(PYTEST) tests/journeys $(ARGS)

demo-reset: ## Throw the demo's data away and load it afresh
	@scripts/setup.sh run
	@$(PYTHON) -m scripts.demo_reset

clean: ## Remove what can be made again; your data in instance/ stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build
	@find . -name __pycache__ -type d -not -path './instance/*' -prune -exec rm -rf {} +
