# Everything that is done with a clone. Nothing is needed before it but Python ≥ 3.11 (and make).
# Stamps below .venv/ say what is done already, so a second call is quick.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
WEB := $(shell find api/web -name node_modules -prune -o -name dist -prune -o -type f -print 2>/dev/null)
NATIVE := $(wildcard media_server/fanout/c/*)
UP ?=
TESTS ?=

.PHONY: run setup test test-setup check check-python check-web native-asan demo bench bench-relay bench-recording bundle web clean

run: setup  ## set up and start the hub (UP='--demo' for a sample county)
	$(BIN)/huilu up $(UP)

setup: $(VENV)/.run web  ## only prepare

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更新 / Python 3.11 or newer is needed"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: pyproject.toml $(NATIVE) $(VENV)/.made
	$(PIP) install -q -e .
	@touch $@

$(VENV)/.film: $(VENV)/.run
	$(PIP) install -q -e '.[film]'
	@touch $@

$(VENV)/.test: $(VENV)/.run
	$(PIP) install -q -e '.[test,lint,film]'
	@touch $@ $(VENV)/.film

web: api/web/dist/index.html

api/web/dist/index.html: $(VENV)/.made $(WEB)
	$(BIN)/python -m ops.web build
	@touch $@

test-setup: setup $(VENV)/.test
	sh ops/deploy/chromium.sh

# Three files at a time on two cores: for half of their time tests wait. Then those with Chromium, in two lanes of which one
# has all the film (tests/lanes.py).
PYTEST := $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder

test: test-setup  ## everything (TESTS='tests/ops -k name' for a part)
	$(PYTEST) -n 3 -m "not browser" $(TESTS) || [ $$? -eq 5 ]
	$(PYTEST) -n 2 -m browser $(TESTS) || [ $$? -eq 5 ]

check: check-python check-web  ## lint, types, import contracts

check-python: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	PYTHONPATH=. $(BIN)/lint-imports --no-logo

check-web: web
	$(BIN)/python -m ops.web check

native-asan: $(VENV)/.test  ## the native fan-out under the address and undefined behaviour sanitizers
	$(BIN)/python -m tests.relay.sanitize

demo: setup $(VENV)/.film  ## one village meeting, from the first frame to the inspector's replay
	$(BIN)/huilu demo $(DEMO)

bench: setup $(VENV)/.film
	$(BIN)/huilu bench first-picture $(BENCH)

bench-relay: setup $(VENV)/.film  ## what the relay costs (BENCH='broadcast --viewers 400'; as root in two namespaces)
	$(BIN)/huilu bench relay $(BENCH)

bench-recording: setup $(VENV)/.film  ## what recording costs, and how soon it is safe (BENCH='--rooms 20 --seconds 60')
	$(BIN)/huilu bench recording $(BENCH)

bundle: setup  ## one folder that installs on a machine without a network
	$(BIN)/python -m ops.bundle bundle

clean:
	rm -rf $(VENV) api/web/node_modules api/web/dist bundle build *.egg-info media_server/fanout/*.so
