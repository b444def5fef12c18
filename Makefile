# `make` alone prints what there is.
VENV    ?= .venv
BIN     := $(VENV)/bin
PIP     := $(BIN)/python -m pip --disable-pip-version-check
SERVE   ?= 1
# Two more than there are cores: many tests wait (for a server, a killed process, a page).
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); echo $$((n + 2)))
ARGS    ?=

# The stamps make a second `make install` or `make test` quick.
STAMP     := $(VENV)/.stamp-install
DEV_STAMP := $(VENV)/.stamp-dev
PO_FILES  := $(wildcard config/locale/*/LC_MESSAGES/xiaohao.po)
MO_FILES  := $(PO_FILES:.po=.mo)

# What Python has compiled is kept: tests start hundreds of processes, each of which loads the program.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install install-dev test check types the-rest demo bench catalogue clean

help: ## print this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' \
	    $(MAKEFILE_LIST)
	@echo
	@echo "  PYTHON=...  the interpreter for a new $(VENV) (3.11 or newer)"
	@echo "  SERVE=0     make demo without serving;  WORKERS=N, ARGS=...  for make test"

install: $(STAMP) $(MO_FILES) ## create .venv and install what running needs

install-dev: $(DEV_STAMP) $(MO_FILES) ## the same, and what testing needs

test: check ## run every check and every test
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup $(ARGS)

check: install-dev ## style, types, layers, catalogues
	@$(MAKE) --no-print-directory --jobs=2 types the-rest

# Side by side: the types take as long as all the rest.
types:
	$(BIN)/mypy

the-rest:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m tools.check_catalogues
	$(BIN)/python -m tools.settings_docs --check
	@# Collected once, or every worker of a fresh clone would compile every file again.
	@told=$$($(BIN)/pytest --collect-only -qq 2>&1) || { echo "$$told"; exit 1; }

demo: install ## play the demonstration, then serve it (SERVE=0: do not serve)
	SERVE=$(SERVE) $(BIN)/xiaohao demo
	@if [ "$(SERVE)" != 0 ]; then \
	    XIAOHAO_DATABASE_URL=sqlite:///var/demo/xiaohao.db \
	    XIAOHAO_FOLDER_DIR=var/demo/notices exec $(BIN)/xiaohao serve; fi

bench: install-dev ## print the numbers of the README
	$(BIN)/python -m benchmarks

catalogue: install-dev ## extract, update and compile the message catalogues
	$(BIN)/python -m tools.update_catalogues

clean: ## remove caches and built files; .venv and var/ stay
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find config -name '*.mo' -delete
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# A candidate must run, be new enough, and be able to make an environment (Debian splits
# ensurepip off into a package of its own).
$(BIN)/python:
	@found=; for candidate in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	    if "$$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
	        >/dev/null 2>&1; then found="$$candidate"; break; fi; \
	    if [ "$$candidate" = "$(PYTHON)" ]; then \
	        echo "PYTHON=$(PYTHON) is missing, older than 3.11, or lacks venv; trying others"; \
	    fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo "Xiaohao needs Python 3.11 or newer with its venv module, and none was found." >&2; \
	    echo "Install one (on Debian: python3 and python3-venv), or name it:" >&2; \
	    echo "    make install PYTHON=/path/to/python3.12" >&2; \
	    exit 1; \
	fi; \
	echo "creating $(VENV) with $$found ($$("$$found" --version))"; \
	"$$found" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt -e .
	@touch $@

$(DEV_STAMP): pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet -c constraints.txt -e '.[dev]'
	@touch $(STAMP) $@

%.mo: %.po | $(BIN)/python
	@test -e $(STAMP) || $(MAKE) --no-print-directory $(STAMP)
	$(BIN)/pybabel --quiet compile -i $< -o $@
