#!/bin/sh
# Print a Python of at least 3.11, or say what is missing.
set -eu
for name in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
    found=$(command -v "$name" 2>/dev/null) || continue
    if "$found" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        echo "$found"
        exit 0
    fi
done
echo "Vestige needs Python 3.11 or later with venv (on Debian: apt-get install python3-venv); none was found as python3.13, python3.12, python3.11 or python3. PYTHON=/path/to/python names one." >&2
exit 1
