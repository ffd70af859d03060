#!/bin/sh
# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0
#
# Write the lock files anew: `make lock`. One lock serves Python 3.10 and later on every platform;
# the later layers keep to the versions of the first.

set -eu
cd "$(dirname "$0")/../../requirements"

command -v uv >/dev/null || {
	echo "lock: uv is missing: python3 -m pip install uv" >&2
	exit 1
}

lock() {
	layer=$1
	shift
	uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-annotate \
		--custom-compile-command "make lock" "$@" "$layer.in" --output-file "$layer.txt"
	echo "lock: requirements/$layer.txt"
}

lock demo --upgrade
lock test --upgrade --constraints demo.txt
lock figures --upgrade --constraints test.txt
lock oracle --upgrade --constraints test.txt --no-deps
lock data --upgrade --no-deps
lock zephyr --upgrade --constraints test.txt
