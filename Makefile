# make run opens the app; make test, check and bench do what they say. Each sets up what it needs and nothing twice.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check bench pictures clean

run: .venv/ready
	$(BIN)/streamlit run app.py

test: .venv/ready-to-test
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: .venv/ready-to-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/ready-to-bench
	$(BIN)/python -m benchmarks

pictures: .venv/ready-to-test
	$(BIN)/python -m tests.pictures

.venv/ready: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Orrery needs Python 3.11 or newer; name one with: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

.venv/ready-to-test: .venv/ready requirements-dev.txt tests/install_browser.sh
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --no-deps OpenNMT-py==3.5.1  # a judge: what it asks for besides is not needed by what is judged
	sh tests/install_browser.sh $(BIN)/python
	touch $@

.venv/ready-to-bench: .venv/ready-to-test requirements-bench.txt
	$(BIN)/python -m pip install --quiet -r requirements-bench.txt
	touch $@

clean:
	rm -rf .venv
