#!/usr/bin/env bash
# Compiles the locked set. Run where a CPU build of torch 2.13.0 is found, so that no CUDA package enters.
set -euo pipefail
cd "$(dirname "$0")/.."
links=${UV_FIND_LINKS:-${PIP_FIND_LINKS:-}}
{
  echo "# Compiled by scripts/lock.sh; torch itself is installed first (see scripts/setup.sh)."
  VIRTUAL_ENV=.venv .venv/bin/uv pip compile pyproject.toml --extra ric --extra postgres --group dev --python-version 3.11 \
    ${links:+--find-links "$links"} \
    --no-emit-package torch --no-emit-find-links --no-annotate --no-header --quiet
} > requirements/cpu-py311.txt
