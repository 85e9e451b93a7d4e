# Two commands matter: `make lab` opens the course, `make test` checks all of it. `make` alone lists the rest.
# The environment in .venv is made once, from the versions in constraints.txt, and again when those change.

VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Tests run side by side, as many as there are processors, but not more than the memory of a laptop carries.
SIDE_BY_SIDE := -n auto --maxprocesses 4
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
VERSION := import sys; print(sys.version_info[:2])
# The first Python that is new enough; PYTHON=python3.12 chooses another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	"$$python" -c '$(NEW_ENOUGH)' 2>/dev/null && echo "$$python" && break; done)

.DEFAULT_GOAL := help
.PHONY: help lab test lint unit nbval browser notebooks bench pins clean

help:  ## list what make can do
	@echo "make lab opens the course; make test checks it. All of it:"
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

lab: $(STAMP)  ## open the course in JupyterLab, on your own copies (NOTEBOOK=03 opens that lesson)
	@$(BIN)/swin-edu lab $(NOTEBOOK)

test: $(STAMP)  ## run every check: lint, unit, nbval, browser
	@started=$$(date +%s); failed=""; \
	for step in lint unit nbval browser; do \
		echo; echo "=== $$step"; \
		$(MAKE) --no-print-directory $$step || failed="$$failed $$step"; \
	done; \
	echo; echo "=== all of it took $$(($$(date +%s) - started)) s"; \
	if [ -n "$$failed" ]; then echo "FAILED:$$failed"; exit 1; fi; echo "Everything passed."

lint: $(STAMP)  ## check style and formatting (ruff)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

unit: $(STAMP)  ## run the unit tests and the examples in docstrings
	$(BIN)/python -m pytest -m "not browser" $(SIDE_BY_SIDE) --dist loadgroup

nbval: $(STAMP)  ## run the notebooks and compare every output with the one that is saved
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --dist loadfile --nbval --nbval-cell-timeout=300 --nbval-kernel-startup-timeout=120 notebooks/*.ipynb

browser: $(STAMP)  ## drive the notebooks in a real JupyterLab, in a real Chromium
	$(BIN)/python -m pytest -m browser tests/browser

notebooks: $(STAMP)  ## build notebooks/*.ipynb from notebooks/src/*.py (takes minutes: every cell runs)
	$(BIN)/python notebooks/build.py

bench: $(STAMP)  ## measure speed and memory beside other implementations
	$(BIN)/python -m benchmarks

pins: $(STAMP)  ## bring constraints.txt in line with pyproject.toml (UPGRADE=1 takes the newest of everything)
	@grep '^#' constraints.txt > constraints.new
	@cp constraints.txt constraints.solved
	$(BIN)/python -m pip install -qq uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-annotate --no-header \
		$(if $(PIP_FIND_LINKS),--find-links "$(PIP_FIND_LINKS)") $(if $(UPGRADE),--upgrade) \
		pyproject.toml --output-file constraints.solved
	@cat constraints.solved >> constraints.new && mv constraints.new constraints.txt && rm constraints.solved

clean:  ## remove the environment and all caches; your notebooks, data and runs stay
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis build dist
	find swin_edu tests notebooks benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

# PYTHON given by hand, and not the Python of the environment: make the environment anew.
ifneq ($(filter environment command,$(firstword $(origin PYTHON))),)
ifneq ($(wildcard $(BIN)/python),)
ifneq ($(shell $(PYTHON) -c '$(VERSION)' 2>/dev/null),$(shell $(BIN)/python -c '$(VERSION)'))
ANEW := yes
.PHONY: $(STAMP)
endif
endif
endif

$(STAMP): pyproject.toml requirements.txt constraints.txt
	@$(if $(PYTHON),$(PYTHON),false) -c '$(NEW_ENOUGH)' 2>/dev/null || { \
		echo "swin-edu needs Python 3.11 or newer; found: $$($(or $(PYTHON),python3) --version 2>&1 | head -n 1)"; \
		echo "Install a newer one and name it, for example: PYTHON=python3.12 make lab"; exit 1; }
	@test -z "$(ANEW)" && $(BIN)/python -m pip --version > /dev/null 2>&1 || { \
		echo "Making the environment in $(VENV) with $$($(PYTHON) --version). This happens once."; \
		$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); \
		echo "Python's venv module is missing. On Debian or Ubuntu: sudo apt-get install python3-venv"; exit 1; }; }
	@uv=$$(command -v uv || echo "$(BIN)/uv"); test -x "$$uv" || $(BIN)/python -m pip install -qq uv || true; \
	if [ -n "$$PIP_FIND_LINKS" ]; then export UV_FIND_LINKS="$${UV_FIND_LINKS:-$$PIP_FIND_LINKS}"; fi; \
	"$$uv" pip install --python $(BIN)/python -r requirements.txt || { \
		echo "uv could not do it; now with pip, which takes a little longer."; \
		$(BIN)/python -m pip install -r requirements.txt; }
	@touch $@
