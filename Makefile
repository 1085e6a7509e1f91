# make study: the default study, its report and its answer. make test: the tests, but for those that
# take long. Both first do what make install does: bring the environment .venv up to date with
# requirements.lock.

PYTHON ?= python3
BIN := .venv/bin
SNAKEMAKE := $(BIN)/snakemake --quiet host reason rules

.PHONY: study install test test-all lint lock schema bench
.DEFAULT_GOAL := study

study: .venv/.synced
	@$(SNAKEMAKE)
	@$(MAKE) --no-print-directory results/report.zip
	@$(BIN)/python -m synthgap headline

install: .venv/.synced

# Only when something that the report shows is newer than it.
results/report.zip: $(wildcard results/report/index.html results/figures/*/* results/summary/*) \
		$(wildcard workflow/report/*)
	@echo "Writing the report to $@"
	@mkdir -p results/.new
	@$(BIN)/snakemake --quiet all --report results/.new/report.zip
	@mv results/.new/report.zip $@ && rmdir results/.new

# Two at a time, so one thread each.
test test-all: export OMP_NUM_THREADS := 1

test: .venv/.synced
	$(BIN)/python -m pytest -m "not long"

# Also the default study from nothing, simulations, runs of other studies, and a SLURM of its own, which
# needs root and the packages that .ci/run installs. Who waits for the SLURM leaves two cores to two others.
test-all: .venv/.synced
	$(BIN)/python -m pytest -n 3 tests/cluster tests/e2e tests/unit/report/test_page_in_browser.py \
		tests/workflow tests/unit src

lint: .venv/.synced
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/snakefmt --check Snakefile workflow/Snakefile rules

# Ratios to what one would use instead, side by side; on a GPU if there is one. See benchmarks/README.md.
bench: .venv/.synced
	@for work in generation embedding training workers; do \
		$(BIN)/python benchmarks/$$work.py || exit 1; done
	@$(BIN)/python benchmarks/embedding.py --architecture miniature --images 1000
	@for work in knn prdc vendi; do \
		$(BIN)/python benchmarks/measures.py --work $$work --points 3000 || exit 1; done
	@$(BIN)/python benchmarks/measures.py --work growth --sizes 2500 5000

# After a change of the dependencies in pyproject.toml.
lock: .venv/.synced
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --all-extras \
		--no-emit-index-url --custom-compile-command "make lock" --no-header --output-file requirements.lock pyproject.toml

# After a change of the study model: the JSON schema and config/README.md.
schema: .venv/.synced
	$(BIN)/python -m synthgap.study.documents

# The lock holds versions and hashes of everything, the project itself only links to its sources.
# Byte code is compiled at once: torch and diffusers load in half of the time.
.venv/.synced: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "synthgap: needs Python 3.11 or newer, not " + sys.version.split()[0])'
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(BIN)/python -m pip install -q uv; }
	@echo "Installing the packages of requirements.lock into .venv"
	@$(BIN)/uv pip sync -q --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --editable .
	@touch $@
