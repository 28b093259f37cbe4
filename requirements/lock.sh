#!/usr/bin/env bash
# Writes the locks anew from pyproject.toml. Needs an environment made by `python3 -m tests` (for its uv).
# Names and hashes only: no line may hold the address of a package index (docs/decisions/0001-locks-without-hosts.md).
#
#   requirements/lock.sh             keep what is locked, add and remove what pyproject.toml says
#   requirements/lock.sh --upgrade   take the newest of everything
set -euo pipefail
cd "$(dirname "$0")/.."

uv=.venv/bootstrap/bin/uv
[ -x "$uv" ] || uv=uv
lock() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --no-annotate "$@"
}

lock --all-extras --group dev pyproject.toml --output-file requirements/dev.txt "$@"
lock --all-extras --constraint requirements/dev.txt pyproject.toml --output-file requirements/run.txt
printf 'uv\n' | lock - --output-file requirements/uv.txt "$@"
