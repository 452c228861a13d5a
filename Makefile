# Everything a newcomer needs: `make run` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8000
DESK_PORT ?= 8501
export TRIAGE_HOME ?= $(CURDIR)/.triage

# Any Python will do, and without its site packages: so it says within a tenth of a second what it does.
INSTALLATION := $(or $(wildcard $(BIN)/python),$(PYTHON)) -S -m app.installation
STOPPABLE := @sh app/stoppable.sh

.PHONY: install run test lint screenshots reference dev

install:
	$(STOPPABLE) 130 $(INSTALLATION) install

run:
	$(STOPPABLE) 0 $(INSTALLATION) run --port $(PORT) --desk-port $(DESK_PORT)

dev:
	$(STOPPABLE) 130 $(INSTALLATION) install dev training

# Two at a time, each file by one of them: the sample desk is learnt once for each.
test: lint
	@$(BIN)/pytest -n 2 --dist loadfile

lint: dev
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

screenshots: dev
	@$(BIN)/python -m tests.screenshots

reference: dev
	@$(BIN)/python -m tests.reference
