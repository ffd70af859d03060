#!/bin/sh
# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

# flash.sh BUILD_DIR: hands the build to serial.sh, which waits for it.

set -eu
flashed=${TMPDIR:-/tmp}/microtl-emulated-device
echo "$1" > "$flashed.new"
mv "$flashed.new" "$flashed"
