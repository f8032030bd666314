#!/bin/sh
# Prints a Python that runs this project, or says why there is none.
set -eu
for python in python3.11 python3; do
    if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; then
        command -v "$python"
        exit
    fi
done
found=$(python3 --version 2>/dev/null || echo "no python3")
echo "This needs Python 3.11 (up to 3.14 works); this machine has $found." >&2
echo "On Debian 12: apt-get install python3 python3-venv" >&2
exit 1
