# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

# Before find_package(Zephyr): `west flash` calls flash.sh, for boards that exist in QEMU only.
set(BOARD_FLASH_RUNNER misc-flasher)
set_property(GLOBAL APPEND PROPERTY ZEPHYR_RUNNERS misc-flasher)
