# What can be done: `make`. Every target sets up what it needs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON := .venv/bin/python
CX := .venv/bin/cx

.PHONY: help setup demo demo-failure test lint format bench bench-scale lock clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: .venv/.complete ## Set up: uv, the locked environment in .venv, the system libraries WeasyPrint needs

.venv/.complete: requirements.lock pyproject.toml .ci/setup
	@.ci/setup

demo: setup ## A made-up company: thirty months of extracts, the past frozen, the newest month reported and mailed
	@$(CX) demo demo-company

demo-failure: setup ## The same with a spoiled extract: the run is refused, nothing is published, nobody is mailed
	@.ci/demo-failure

test: setup lint ## All tests
	@$(PYTHON) -m pytest

lint: setup ## ruff and sqlfluff
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/sqlfluff lint -q dbt_project/models dbt_project/tests

format: setup ## Put code and SQL into their form
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

bench: setup ## Wall time and peak memory of each stage beside its floor
	@$(PYTHON) -m tests.bench

bench-scale: setup ## A large company's build beside queries by hand and a pandas script; takes half an hour
	@$(PYTHON) -m tests.bench.at_scale

lock: setup ## Resolve the dependencies anew, with hashes and without download addresses
	@.ci/lock

clean: ## Remove the environment and the demo company
	rm -rf .venv demo-company demo-failure
