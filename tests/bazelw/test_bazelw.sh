#!/usr/bin/env bash
# Tests which Bazel bazelw takes, and, where that is the self-made one, what runs in its root.
set -euo pipefail

bazelw=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)/bazelw
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# expect NAME EXPECTED CMD…: the exit code, then the output, on one line
expect() {
    local name=$1 expected=$2 got code=0
    shift 2
    got=$("$@" 2>/dev/null) || code=$?
    [[ "$code $got" == "$expected" ]] && return
    echo "FAIL $name: expected \`$expected\`, got \`$code $got\`"
    failed=1
}

# fake NAME VERSION: a Bazel that says so, and else what it was asked
fake() {
    mkdir -p "$work/$1"
    # shellcheck disable=SC2016 # expanded by the fake
    printf '#!/bin/sh\nif [ "$1" = --version ]; then echo "%s"; else echo "$*"; exit 7; fi\n' "$2" >"$work/$1/${3-bazel}"
    chmod +x "$work/$1/${3-bazel}"
}

fake new "bazel 9.0.0"
fake isk "bazel 7.0.0-pre.20230917.3" bazelisk
expect "new one on PATH" "7 build //:x" env PATH="$work/new:$PATH" "$bazelw" build //:x
expect "bazelisk on PATH" "7 info" env PATH="$work/isk:/usr/bin:/bin" "$bazelw" info
expect "in-root is this machine" "0 $work" env -C "$work" PATH="$work/new:$PATH" "$bazelw" --in-root pwd
expect "in-root without a command" "36 " "$bazelw" --in-root

if ! command -v bazel bazelisk >/dev/null && [[ -e /etc/debian_version ]] && ((EUID == 0)); then
    fake old "bazel 6.5.0"
    expect "old one on PATH" "0 bazel 7.7.1" env PATH="$work/old:$PATH" "$bazelw" --version
    mkdir "$work/link"
    ln -s "$bazelw" "$work/link/bazel"
    expect "linked as bazel" "0 bazel 7.7.1" env PATH="$work/link:$PATH" bazel --version
    expect "working folder, exit code" "3 $work" env -C "$work" "$bazelw" --in-root sh -c 'pwd; exit 3'
    expect "user" "0 1234" env MONOWHEEL_BAZEL_USER=1234:4321 "$bazelw" --in-root id -u
    expect "group" "0 4321" env MONOWHEEL_BAZEL_USER=1234:4321 "$bazelw" --in-root id -g
    expect "name of a user without one" "0 1234" env -u USER MONOWHEEL_BAZEL_USER=1234:4321 "$bazelw" --in-root printenv USER
    expect "name of a user" "0 nobody" env USER=root MONOWHEEL_BAZEL_USER=65534:65534 "$bazelw" --in-root printenv USER
    expect "read-only" "0 no" "$bazelw" --in-root sh -c 'touch /usr/x && echo yes || echo no'
    expect "user namespaces" "0 0" "$bazelw" --in-root unshare --user --map-root-user id -u
fi
exit "$failed"
