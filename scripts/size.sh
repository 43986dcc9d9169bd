#!/bin/sh
# size.sh BUILD: bytes of code per file of the library, and of the whole, stripped.
set -eu
cd "$1"
size -t libpoolpack.a | awk 'NR > 1 { printf "%8d  %s\n", $1, $6 }' | sort -rn
strip -o stripped.so libpoolpack.so
printf '%8d  libpoolpack.so, stripped\n' "$(stat -c %s stripped.so)"
rm stripped.so
