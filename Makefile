# The menu of the project. `make` alone prints it.
.DEFAULT_GOAL := help
.PHONY: help cluster cluster-down images crds install demo check test unit services integration e2e chaos bench

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
CLUSTER := PYTHONPATH=tests $(PY) -m cluster

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

cluster: $(INSTALLED) ## A Kubernetes to try things on: yours, kind, or one made here; prints KUBECONFIG
	@$(CLUSTER) up

cluster-down: $(INSTALLED) ## Take that Kubernetes away, with all that it left
	@$(CLUSTER) down

images: cluster ## Build what changed of the operator's and the runner's images, and load them
	@$(CLUSTER) images

crds: $(INSTALLED) ## Write crds/, docs/custom-resources.md, docs/actions.md and docs/api.md from the code
	@$(PY) -m sluice_core.crd crds --reference docs/custom-resources.md
	@$(PY) -m sluice_gateway.reference docs/api.md

install: images ## Install or upgrade the chart in that cluster
	@$(CLUSTER) install

demo: install ## Play the example from end to end, with what it prints
	@KUBECONFIG=$$($(CLUSTER) kubeconfig) examples/demo/run

check: $(INSTALLED) ## Style, types, dependency rules, generated files up to date
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/mypy tests/cluster tests/unit/cluster
	$(VENV)/bin/mypy tests/bench
	$(VENV)/bin/lint-imports --no-logo
	$(PY) -m sluice_core.crd crds --reference docs/custom-resources.md --check
	$(PY) -m sluice_gateway.reference docs/api.md --check

unit: $(INSTALLED) ## Tests that need nothing
	$(VENV)/bin/pytest tests/unit

services: $(INSTALLED) ## Tests of actions against real servers on loopback
	$(VENV)/bin/pytest tests/services

integration: $(INSTALLED) ## Tests against a real API server
	@$(CLUSTER) test tests/integration

e2e: $(INSTALLED) ## Tests of the installed chart, one file per promise
	@$(CLUSTER) test tests/e2e

test: check ## Everything but the bench; makes a cluster of its own where none is up
	@$(CLUSTER) test tests/unit tests/services tests/integration tests/e2e

chaos: install ## Kill everything, 25 times under load, and count what is lost
	@cd tests && KUBECONFIG=$$(PYTHONPATH=. ../$(PY) -m cluster kubeconfig) ../$(PY) -m bench.chaos

bench: install ## Measure Sluice against the bare thing beside it
	@cd tests && KUBECONFIG=$$(PYTHONPATH=. ../$(PY) -m cluster kubeconfig) ../$(PY) -m bench
	@cd tests && KUBECONFIG=$$(PYTHONPATH=. ../$(PY) -m cluster kubeconfig) ../$(PY) -m bench.cron
	@cd tests && KUBECONFIG=$$(PYTHONPATH=. ../$(PY) -m cluster kubeconfig) ../$(PY) -m bench.gateway

# The generator of clients, for a test, has an environment of its own: it takes no typer as new as ours.
# The project itself is installed in place and without dependencies: the list with hashes has them all.
$(INSTALLED): requirements/dev.txt requirements/build.txt requirements/client.txt pyproject.toml
	@test -x $(PY) || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sluice needs Python 3.11 or newer")'
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --require-hashes --requirement requirements/dev.txt
	@$(PY) -m pip install --quiet --require-hashes --requirement requirements/build.txt
	@$(PY) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@test -x $(VENV)/client/bin/python || $(PY) -m venv $(VENV)/client
	@$(VENV)/client/bin/python -m pip install --quiet --require-hashes --requirement requirements/client.txt
	@touch $@
