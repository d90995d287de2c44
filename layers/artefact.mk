# Included by the Makefile of each function and layer. `sam build` runs that Makefile in a copy of the directory. It passes ARTIFACTS_DIR but
# not the architecture, which comes from ARCHITECTURE in the environment.
ARCHITECTURE ?= x86_64
REPOSITORY := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))/..)
PYTHON := $(firstword $(wildcard $(REPOSITORY)/.venv/bin/python) python3.13)
ARTEFACT = PYTHONHASHSEED=0 $(PYTHON) $(REPOSITORY)/layers/artefact.py --architecture $(ARCHITECTURE)
