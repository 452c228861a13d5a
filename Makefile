# Everything a newcomer needs: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
PORT ?= 8000
DESK_PORT ?= 8501
export TRIAGE_HOME ?= $(CURDIR)/.triage

.PHONY: install run test lint screenshots reference

install: $(VENV)/.serving

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name it with make PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "the venv module is missing: apt install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.serving: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing (once)"
	@$(PIP) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.serving
	@$(PIP) --editable '.[dev,training]'
	@touch $@

run: install
	@$(BIN)/triage demo --port $(PORT) --desk-port $(DESK_PORT)

# Two at a time, each file by one of them: the sample desk is learnt once for each.
test: lint
	@$(BIN)/pytest -n 2 --dist loadfile

lint: $(VENV)/.dev
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

screenshots: $(VENV)/.dev
	@$(BIN)/python -m tests.screenshots

reference: $(VENV)/.dev
	@$(BIN)/python -m tests.reference
