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

test: setup ## The tests that need nothing but Python, in about five minutes on two cores
	@$(BIN)/python -m pytest -q -m "not postgres and not browser and not faults and not install"

test-all: setup ## Every test: with Postgres, a browser, faults and installation, where their parts are found
	@$(BIN)/python -m pytest -q

faults: setup ## 100 seeded days in which processes are killed in the middle of their work
	@$(BIN)/python -m tests.faults 100

faults-full: setup ## The same, 1,000 times
	@$(BIN)/python -m tests.faults 1000

check: setup ## Format, lint and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@! $(BIN)/uv pip list --python $(BIN)/python 2>/dev/null | grep -i '^nvidia' \
	  || { echo "CUDA packages were installed; torch for the CPU is enough"; exit 1; }

benchmark: setup ## The figures that README quotes
	@$(BIN)/python -m benchmarks

eval: setup ## Signals, tone and account bands beside VADER, keywords and their targets (DATA=folder)
	@$(BIN)/python -m benchmarks.signals $(DATA)

# The files are goals beside the target: make eval-themes answers.csv more.csv
eval-themes: setup ## Themes of CSV files with text and label columns, beside BERTopic and k-means
	@$(BIN)/python -c 'import bertopic' 2>/dev/null || { echo "Installing BERTopic (once)"; \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt "bertopic>=0.17.4"; }
	@OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.themes $(filter-out $@,$(MAKECMDGOALS)) $(FILE)

serve: setup ## Serve the app on loopback
	@$(BIN)/interviewer serve

clean: ## Remove the environment, the demo and all caches
	@rm -rf $(VENV) demo .pytest_cache .mypy_cache .ruff_cache .hypothesis .interviewer-cache

.PHONY: help setup demo test test-all faults faults-full check benchmark eval eval-themes serve clean
