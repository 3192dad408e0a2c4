# make run     a running Qunce from nothing          make run ARGS="--port 9000 --data-dir /srv/qunce"
# make report  how is this group?            make report ARGS="result.json --out report.pdf"
# make test    all tests, end to end included        make test ARGS="tests/chat -k ingest"
# make check   lint, formatting, types, contracts
# More: assets, messages (collect strings to translate), pictures (of the docs), lock (renew the locked versions), wheel, clean

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := run
.DELETE_ON_ERROR:
MAKEFLAGS += --jobs=2

PYTHON ?= python3
BIN := .venv/bin
UV := .tools/bin/uv
NODE := PATH="$(CURDIR)/.tools/bin:$$PATH"
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport VIRTUAL_ENV CONDA_PREFIX PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

# Once the tools for tests were wanted, the environment keeps them.
LOCK := $(if $(filter test check,$(MAKECMDGOALS))$(wildcard .venv/.test),test,run)
ENVIRONMENT := .venv/.$(LOCK)
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard src/qunce/locale/*/LC_MESSAGES/*.po))
READY := $(ENVIRONMENT) node_modules/.copied $(CATALOGUES)

.PHONY: run report test check assets messages pictures lock wheel clean

run: $(READY)
	@export QUNCE_DATA_DIR="$${QUNCE_DATA_DIR:-$(CURDIR)/data}"; exec $(BIN)/qunce run $(ARGS)

report: $(READY)
	@$(BIN)/qunce report $(ARGS)

# Three at a time, because each waits for PostgreSQL every other moment. The stories on a chat server come last: they
# play minutes of real time, which nothing else should take away.
test: $(READY) .venv-synapse/.ready
	@tools/system-packages.sh
ifdef ARGS
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)
else
	failed=0; $(BIN)/python -m pytest -n 3 --dist loadgroup --ignore tests/e2e || failed=$$?; \
	$(BIN)/python -m pytest -n 2 --dist loadgroup tests/e2e || failed=$$?; exit $$failed
endif

check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	git ls-files -z 'src/*.html' | xargs -0r $(BIN)/djade --target-version 5.2 --check
	git ls-files -z 'src/*.html' | xargs -0r $(BIN)/djlint --lint --quiet
	$(BIN)/typos

assets: node_modules/.copied

messages: $(ENVIRONMENT)
	@command -v xgettext >/dev/null \
		|| { echo "Collecting strings needs gettext: sudo apt-get install gettext" >&2; exit 1; }
	cd src/qunce && ../../$(BIN)/django-admin makemessages --locale zh_Hans --no-location --settings qunce.config.settings

pictures: $(READY)
	QUNCE_PICTURES=docs/images $(BIN)/python -m pytest tests/e2e/test_pictures.py

wheel: $(READY)
	$(UV) build --quiet --wheel --python $(BIN)/python --no-build-isolation --out-dir dist

clean:
	rm -rf .tools .venv .venv-synapse node_modules dist src/qunce/console/static/vendor
	find src -name '*.mo' -delete

# ------------------------------------------------------------------ Python: one tool, two environments

$(UV): requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Qunce needs Python 3.11 or newer; '$(PYTHON)' is not." \
			"Debian, Ubuntu: sudo apt-get install python3.11-venv, then make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(PYTHON) -c \
		'import sys; sys.exit("Python lacks venv: sudo apt-get install python3.%d-venv" % sys.version_info.minor)'
	@echo "Setting up, once: Python packages …"
	@$(PYTHON) -m venv --clear .tools
	@.tools/bin/pip install --quiet --require-hashes --only-binary :all: -r requirements/uv.txt
	@touch $@

# What tests compare survival with needs one package that is published as source alone.
SOURCES_test := --no-binary autograd-gamma

.venv/bin/python: | $(UV)
	@$(UV) venv --quiet --allow-existing --python .tools/bin/python .venv

.venv/.run .venv/.test: .venv/.%: requirements/%.txt pyproject.toml src/qunce/__init__.py | .venv/bin/python
	@$(UV) pip sync --quiet --compile-bytecode --python .venv --require-hashes --only-binary :all: $(SOURCES_$*) $<
	@$(UV) pip install --quiet --python .venv --no-deps --no-build-isolation --editable .
	@touch $@

.venv-synapse/.ready: requirements/synapse.txt | $(UV)
	@echo "Setting up, once: a Matrix server for tests …"
	@$(UV) venv --quiet --allow-existing --python .tools/bin/python .venv-synapse
	@$(UV) pip sync --quiet --python .venv-synapse --require-hashes --no-build requirements/synapse.txt
	@touch $@

%.mo: %.po | $(ENVIRONMENT)
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

# ------------------------------------------------------------------ the pages' scripts, styles and fonts

# The machine's own node where it is new enough, else one from a wheel.
HAS_NODE := $(if $(wildcard node_modules/.installed),yes,$(shell command -v npm >/dev/null && node -e \
	'process.exit(process.versions.node.split(".")[0] < 20)' 2>/dev/null && echo yes))

node_modules/.installed: package.json package-lock.json .npmrc | $(if $(HAS_NODE),,.tools/bin/node)
	@echo "Setting up, once: scripts, styles and fonts …"
	@$(NODE) npm ci --loglevel error >/dev/null
	@touch $@

.tools/bin/node: requirements/node.txt | $(UV)
	@$(UV) pip install --quiet --python .tools --require-hashes --no-build -r $<
	@touch $@

node_modules/.copied: node_modules/.installed tools/assets.mjs
	@$(NODE) node tools/assets.mjs
	@touch $@

# ------------------------------------------------------------------ locked versions; UPGRADE=1 takes the newest

COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)

lock: | $(UV)
	$(COMPILE) pyproject.toml --all-extras requirements/build.in --output-file requirements/run.txt
	$(COMPILE) requirements/run.txt requirements/test.in --output-file requirements/test.txt
	for name in uv node synapse; do $(COMPILE) requirements/$$name.in --output-file requirements/$$name.txt; done
	$(NODE) npm install --package-lock-only --loglevel error
