#!/usr/bin/env bash
# Every figure that needs a GPU, in eight minutes, on a machine that has Python with PyTorch and
# perhaps nothing else of this project, nor a network; see README.md beside this file.
#
#     benchmarks/gpu_wheels.sh                    # once before, where there is a network
#     benchmarks/gpu.sh                           # writes JSON and Markdown into benchmarks/gpu
#     benchmarks/gpu.sh --device cpu --small      # to see that everything runs
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-}
if [ -z "$python" ]; then
    python=python3
    [ -x .venv/bin/python ] && python=.venv/bin/python
fi
export PYTHONPATH=src${PYTHONPATH:+:$PYTHONPATH} PYTHONUNBUFFERED=1

if ! "$python" -c 'import diffusers, pydantic, timm.task' 2>/dev/null; then
    site=$(mktemp -d)
    trap 'rm -rf "$site"' EXIT
    "$python" -m pip install -q --no-index --no-deps --no-compile --no-cache-dir \
        --target "$site" benchmarks/wheels/*.whl
    PYTHONPATH=$site:$PYTHONPATH
fi
"$python" benchmarks/gpu.py "$@"
