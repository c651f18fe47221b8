# Two commands do all the set-up: `make run` and `make test`. Nothing is installed outside this folder.
PYTHON ?= python3
TOOLS  := .tools
UV     := $(TOOLS)/bin/uv
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
BROWSER := $(VENV)/.browser
JOBS   ?= auto

export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON_DOWNLOADS := never

.PHONY: help run test lint bench behaviours model quality standards clean check-python

help: ## List every target
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(READY) $(BROWSER) ## Found a demo vault, crawl a demo site on loopback, search it, verify it (URL=… EGRESS=direct: a page of yours)
	@$(BIN)/python -m desk.demo $(if $(URL),--url "$(URL)") $(if $(EGRESS),--egress "$(EGRESS)")

test: lint $(READY) $(BROWSER) ## Everything that must hold: lint, types, walls, tests
	$(BIN)/pytest -n $(JOBS) --dist loadgroup --max-worker-restart 0 # a worker that died ends the run: replaced, it left the others waiting for ever

lint: $(READY) ## Style, types and the walls between the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) ## The measured claims of docs/performance.md, as ratios
	$(BIN)/python -m benchmarks

behaviours: $(READY) ## What the collector makes of each awkward behaviour of the test server, as a table
	PYTHONPATH=. $(BIN)/python tests/rig/behaviours.py

model: $(READY) ## Train the name finder again from ../shared/ner (docs/model-card.md)
	$(BIN)/python -m enrich.training

quality: $(READY) ## How well documents are read, on real pages and texts: docs/quality.md
	$(BIN)/python -m benchmarks.quality

standards: $(READY) ## Which standard and which promise each test cites
	$(BIN)/python tests/citations.py

clean: ## Remove what was installed here and the demo vault
	rm -rf $(VENV) $(TOOLS) demo-vault .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

check-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Needs Python 3.11 or later as $(PYTHON). On Debian: apt-get install python3 python3-venv (as root), or name another: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Needs Python's venv module. On Debian, as root: apt-get install python3-venv. Without root: make run PYTHON=/path/to/a/python/of/your/own"; exit 1; }

$(UV): | check-python
	@echo "Installing uv into $(TOOLS) …"
	@$(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'

$(READY): pyproject.toml uv.lock | $(UV)
	@echo "Installing what uv.lock pins into $(VENV) …"
	@$(UV) sync --frozen --quiet --python $(PYTHON)
	@touch $(READY)

# A browser is looked for, not assumed: the path in LANTERN_BROWSER, the names on the PATH, Playwright's
# own. As root on Debian it is installed; without root, Playwright's is fetched into the user's folder.
$(BROWSER): $(READY)
	@if $(BIN)/python -m collectors.browser.finding >/dev/null 2>&1; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing chromium from the distribution's packages …"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-liberation >/dev/null; \
	else \
	  echo "Fetching a browser of Playwright's, for there is none here (with root: apt-get install chromium) …"; \
	  $(BIN)/playwright install chromium; \
	fi || true
	@$(BIN)/python -m collectors.browser.finding >/dev/null 2>&1 && touch $@ || \
	  echo "There is no browser: what needs one is left out. Install one: apt-get install chromium (as root), or name it: LANTERN_BROWSER=/path/to/chromium"
