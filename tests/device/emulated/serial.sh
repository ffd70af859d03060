#!/bin/sh
# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

# serial.sh BOARD: an emulated board whose serial port is this program's input and output. It
# starts once flash.sh has flashed it. One at a time.

set -eu
case $1 in
qemu_cortex_m3) machine=lm3s6965evb cpu=cortex-m3 ;;
mps3/an547) machine=mps3-an547 cpu=cortex-m55 ;;
*)
	echo "serial.sh: unknown board '$1'" >&2
	exit 2
	;;
esac

flashed=${TMPDIR:-/tmp}/microtl-emulated-device
rm -f "$flashed"
while [ ! -f "$flashed" ]; do
	sleep 0.1
done
exec qemu-system-arm -machine "$machine" -cpu "$cpu" -nographic -vga none -net none \
	-chardev stdio,id=port,mux=off,signal=off -serial chardev:port -monitor none \
	-kernel "$(cat "$flashed")/zephyr/zephyr.elf"
