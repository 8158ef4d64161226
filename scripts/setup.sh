#!/usr/bin/env bash
# Sets up what is missing: a virtual environment in .venv with the locked dependencies and a CPU build of torch.
# Does nothing when it is up to date. Re-tracing a scene also needs LLVM >= 19, which is installed where apt may.
set -euo pipefail
cd "$(dirname "$0")/.."

VENV=${VENV:-.venv}
TORCH=2.13.0
stamp="$VENV/.ranwright-setup"
wanted=$(cat pyproject.toml requirements/cpu-py311.txt scripts/setup.sh | sha256sum | cut -d' ' -f1)
[ "$(cat "$stamp" 2>/dev/null || true)" = "$wanted" ] && exit 0

python=$(command -v python3.11 || true)
[ -n "$python" ] || { echo "Python 3.11 is needed: the locked set is for it. On Debian 12: apt-get install python3.11-venv" >&2; exit 2; }

[ -x "$VENV/bin/python" ] || "$python" -m venv "$VENV"
"$VENV/bin/python" -m pip install --quiet uv
uv() { VIRTUAL_ENV="$PWD/$VENV" "$VENV/bin/uv" "$@"; }

links=${UV_FIND_LINKS:-${PIP_FIND_LINKS:-}}
if ! { [ -n "$links" ] && uv pip install --quiet --no-index --no-deps --find-links "$links" "torch==$TORCH" 2>/dev/null; }; then
  uv pip install --quiet --no-deps "torch==$TORCH" --torch-backend=cpu
fi
# hiredis comes as C source alone; the Redis client does without it where nothing compiles
skip=$(command -v cc >/dev/null || echo hiredis)
grep -v "^${skip:-#}==" requirements/cpu-py311.txt | uv pip install --quiet -r -
uv pip install --quiet --no-deps -e .

if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] && ! ldconfig -p | grep -qE 'libLLVM[-.](so\.)?(19|2[0-9])'; then
  { apt-get update -qq && apt-get install -y -qq libllvm19; } >/dev/null 2>&1 \
    || echo "LLVM 19 could not be installed; only re-tracing a scene needs it (Debian: libllvm19)." >&2
fi
echo "$wanted" > "$stamp"
