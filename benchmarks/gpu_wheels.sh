#!/usr/bin/env bash
# Fetches what gpu.sh needs beyond PyTorch, transformers, accelerate, pandas and pyarrow into
# benchmarks/wheels, which git ignores: wheels of the versions in requirements.lock, for Python 3.12
# on x86-64 Linux. Some 14 MB.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(diffusers importlib-metadata lazy-importer zipp regex timm
    requests urllib3 charset-normalizer idna certifi
    pydantic pydantic-core annotated-types typing-inspection typing-extensions)
wanted=()
for package in "${packages[@]}"; do
    # A line of the lock: "name==1.2.3 \", perhaps with a condition.
    wanted+=("$(grep -oE "^$package==[^ ;]+" requirements.lock)")
done
rm -rf benchmarks/wheels
"${PYTHON:-python3}" -m pip download -q --no-deps --only-binary=:all: --dest benchmarks/wheels \
    --implementation cp --python-version 3.12 --platform manylinux_2_28_x86_64 \
    --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 "${wanted[@]}"
du -sh benchmarks/wheels
