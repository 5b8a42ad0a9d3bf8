#!/bin/sh
# What the tests need beside Python: a browser, strace, exiftool, openssl, a software token. Installed where we are root on Debian, else named: tests that need them then skip with that reason.
set -eu
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v strace >/dev/null 2>&1 || missing="$missing strace"
command -v exiftool >/dev/null 2>&1 || missing="$missing libimage-exiftool-perl"
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
command -v softhsm2-util >/dev/null 2>&1 || missing="$missing softhsm2"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    echo "installing$missing" >&2
    # shellcheck disable=SC2086  # a list of names
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >/dev/null </dev/null && exit 0
fi
echo "not here:$missing. The tests that need them are skipped; on Debian: sudo apt-get install$missing" >&2
