.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

setup: $(VENV)/.installed ## Create .venv and install everything, torch for the CPU only

# A folder of wheels named by PIP_FIND_LINKS comes first, then PyTorch's CPU builds, then the
# ordinary index. uv reads UV_FIND_LINKS, separated by commas where pip's list has blanks, and a
# company's certificate from SSL_CERT_FILE, where pip's is in PIP_CERT.
$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name it with PYTHON=..., for example make demo PYTHON=python3.12"; exit 1; }
	@echo "Installing into $(VENV) (once; about 1.3 GB)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@if [ -n "$$PIP_CERT" ]; then export SSL_CERT_FILE="$${SSL_CERT_FILE:-$$PIP_CERT}"; fi; \
	if [ -n "$$PIP_FIND_LINKS" ]; then \
	  UV_FIND_LINKS="$$(echo $$PIP_FIND_LINKS | tr ' ' ',')" \
	    $(BIN)/uv pip install --python $(BIN)/python -c constraints.txt -e ".[dev]"; \
	else \
	  $(BIN)/uv pip install --python $(BIN)/python --torch-backend cpu -c constraints.txt -e ".[dev]" \
	    || $(BIN)/uv pip install --python $(BIN)/python -c constraints.txt -e ".[dev]"; \
	fi
	@touch $@

demo: setup ## Play the example book of business, write demo/report.html, then serve (DEMO_SERVE=0: do not)
	@$(BIN)/python examples/demo.py

test: setup ## The tests that need nothing but Python, in under four minutes
	@$(BIN)/python -m pytest -q -m "not postgres and not browser and not faults and not install"

test-all: setup ## Every test: with Postgres, a browser, faults and installation, where their parts are found
	@$(BIN)/python -m pytest -q

check: setup ## Format, lint and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@! $(BIN)/uv pip list --python $(BIN)/python 2>/dev/null | grep -i '^nvidia' \
	  || { echo "CUDA packages were installed; torch for the CPU is enough"; exit 1; }

benchmark: setup ## The figures that README quotes
	@$(BIN)/python -m benchmarks

serve: setup ## Serve the app on loopback
	@$(BIN)/interviewer serve

clean: ## Remove the environment, the demo and all caches
	@rm -rf $(VENV) demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .interviewer-cache

.PHONY: help setup demo test test-all check benchmark serve clean
