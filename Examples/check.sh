#!/bin/sh
# Builds the example against this tree as a tagged repository, as a versioned dependant would, and
# compares what it prints. Usage: Examples/check.sh [release|debug]
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
configuration=${1:-debug}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/olap"
(cd "$root" && cp -r Package.swift Sources Tests "$work/olap/")
cp -r "$root/Examples/SalesReport" "$work/example"
cd "$work/olap"
git init -q .
git add -A
git -c user.name=example -c user.email=example@localhost commit -qm "The tree under test"
git tag 0.1.0
cd "$work/example"
export OLAP_REPOSITORY="file://$work/olap"
swift build -q -c "$configuration" --cache-path "$work/cache" >/dev/null
actual=$(".build/$configuration/SalesReport")
expected="2026-01-01  3  10.5
2026-01-02  3  13.5
total 24.0"
if [ "$actual" != "$expected" ]; then
  printf 'the example printed\n%s\ninstead of\n%s\n' "$actual" "$expected" >&2
  exit 1
fi
echo "example: a dependant at version 0.1.0 builds and queries"
