# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

# Each target sets up all that it needs: the system's packages (as root or with sudo), .venv, locked
# versions. See scripts/setup/.

PYTHON ?= python3
VENV := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help demo test test-long figures lint lock clean python

help:
	@echo "make demo       teach a converted model a new class, on real recordings"
	@echo "make test       every test that this machine can run    (TIERS=\"lint tools\": only these)"
	@echo "make test-long  the same with the long counts"
	@echo "make figures    the figures of the documentation, from the recordings"
	@echo "make lint       the linters alone"
	@echo "make lock       new versions into requirements/*.txt"
	@echo "make clean      remove what was built; .venv stays"

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
		echo "MicroTL needs Python 3.10 or later as $(PYTHON); name another one:" \
			"make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }

demo: python
	@$(PYTHON) scripts/setup/environment.py demo
	@$(VENV) scripts/demo/demo.py

figures: python
	@$(PYTHON) scripts/setup/environment.py figures
	@$(VENV) scripts/demo/figures.py

test: python
	@$(PYTHON) scripts/setup/environment.py test
	@$(VENV) scripts/setup/tiers.py $(TIERS)

test-long: python
	@$(PYTHON) scripts/setup/environment.py test
	@$(VENV) scripts/setup/tiers.py --long $(TIERS)

lint: python
	@$(PYTHON) scripts/setup/environment.py test
	@$(VENV) scripts/setup/tiers.py lint

lock:
	@scripts/setup/lock.sh

clean:
	rm -rf build dist tests/core/build
