# Everything installs into .venv, so .venv/bin/visavis is there after any of these.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
.PHONY: demo serve test check bench sdks mutations clean

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: $(VENV)/.installed  ## compare the public-domain sample portraits
	$(BIN)/visavis demo

serve: $(VENV)/.installed  ## the server, until Ctrl-C
	$(BIN)/visavis serve

sdks: $(VENV)/.installed  ## the vendors' official SDKs, each kind in an environment of its own, for the conformance tests
	scripts/install-sdks

mutations: $(VENV)/.installed  ## ten times as many mutated signed requests as the tests send
	$(BIN)/python -m tests.robustness.signed_run --count 10000

test: $(VENV)/.installed  ## every test that this machine can run
	scripts/test

check: $(VENV)/.installed  ## ruff, mypy, import-linter
	scripts/check

bench: $(VENV)/.installed  ## speed beside its peers, each in an environment of its own
	$(BIN)/visavis bench --peer opencv --peer verifyface --peer insightface --peer face_recognition

clean:
	rm -rf $(VENV) .sdk-venv .sdk-node .bench-venv-* build dist demo-output .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
