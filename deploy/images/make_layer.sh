#!/usr/bin/env bash
# Packs a folder into a tar that depends on nothing but names, modes and
# contents: sorted, of root, with one time for all.
#
#   make_layer.sh FOLDER OUT.tar        SOURCE_DATE_EPOCH: the time; default 0
set -euo pipefail
[[ $# -eq 2 ]] || { sed -n '2,/^set -e/{/^set -e/d;s/^# \{0,1\}//;p}' "$0"; exit 2; }
# What runs needs no more than to be read; nothing is setuid, no folder setgid
# (which chmod only takes away when told with five digits).
find "$1" -type d -exec chmod 00755 {} +
find "$1" -type f -perm /111 -exec chmod 0755 {} +
find "$1" -type f ! -perm /111 -exec chmod 0644 {} +
LC_ALL=C tar --create --file "$2" --directory "$1" --sort=name --format=posix --pax-option=delete=atime,delete=ctime \
  --mtime="@${SOURCE_DATE_EPOCH:-0}" --owner=0 --group=0 --numeric-owner .
