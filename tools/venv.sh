#!/bin/sh
# Makes .venv hold exactly the versions of a lock. Quick when it already does.
# Usage: tools/venv.sh requirements.lock
set -eu
lock=$1
stamp=.venv/installed

# The folder is part of it because the commands in .venv/bin name it: a copied checkout installs anew.
fingerprint() {
    .venv/bin/python -c 'import hashlib, pathlib, sys
parts = [b"%b" % pathlib.Path.cwd().as_posix().encode(), *(pathlib.Path(p).read_bytes() for p in sys.argv[1:])]
print(hashlib.sha256(b"\0".join(parts)).hexdigest())' "$1" pyproject.toml
}

if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    python=$(tools/python.sh)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "$python cannot make virtual environments. On Debian: apt-get install python3-venv" >&2
        exit 1
    fi
    rm -rf .venv
    "$python" -m venv .venv
fi

if grep -qsx "$(fingerprint "$lock")" "$stamp"; then
    exit
fi
echo "Installing the packages of $lock into .venv"
rm -f "$stamp"
export PIP_DISABLE_PIP_VERSION_CHECK=1
.venv/bin/pip install --quiet --require-hashes -r "$lock"
.venv/bin/pip install --quiet --no-deps --no-build-isolation -e .
# Whatever lock it was, the packages to run the line are in it too.
for installed in requirements.lock "$lock"; do fingerprint "$installed"; done | sort -u > "$stamp"
