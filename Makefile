# `make run` and `make test` set up what is missing first; nothing else is needed on a fresh machine.
SENTENCE ?= Lift the 5th-percentile downlink throughput of cells 1-3 by 20 % without raising total power
SCENARIO ?= munich
BIN := .venv/bin

.PHONY: setup run test test-slow lint cover bench

setup:
	@scripts/setup.sh

run: setup
	$(BIN)/ranwright run "$(SENTENCE)" --scenario $(SCENARIO)

test: setup
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile

test-slow: setup
	$(BIN)/python -m pytest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

cover: setup
	$(BIN)/python -m coverage run -m pytest -m "not slow"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

bench: setup
	$(BIN)/python -m benchmarks.road
