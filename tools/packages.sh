#!/bin/sh
# The Debian packages that the tests need: installed by root, named to everybody else.
# Only their programs are used. The tests start servers of their own and leave the system's alone.
set -eu
missing=""
[ -x /usr/bin/chromium ] || missing="$missing chromium fonts-liberation"
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
command -v redis-server >/dev/null || missing="$missing redis-server"
[ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
command -v node >/dev/null || missing="$missing nodejs"
command -v xgettext >/dev/null || missing="$missing gettext"
[ -x .venv/bin/python ] || "$(tools/python.sh)" -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"

[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests need Debian packages that are not here. As root:" >&2
    echo "    apt-get install$missing" >&2
    exit 1
fi
echo "Installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086  # a list of words
apt-get install -y -qq --no-install-recommends $missing
