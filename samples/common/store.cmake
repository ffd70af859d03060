# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

# Include before find_package(Zephyr): gives the boards of the samples a partition for heads
# (microtl,store) and one for labels (microtl,replay). Boards without flash get its simulator, in
# RAM that outlives a reboot.
set(MICROTL_BOARD ${BOARD})
if(NOT MICROTL_BOARD)
  set(MICROTL_BOARD $ENV{BOARD})
endif()
string(REGEX REPLACE "[/@].*" "" MICROTL_BOARD "${MICROTL_BOARD}")
set(MICROTL_OVERLAY ${CMAKE_CURRENT_LIST_DIR}/store/${MICROTL_BOARD}.overlay)
if(EXISTS ${MICROTL_OVERLAY})
  list(APPEND EXTRA_DTC_OVERLAY_FILE ${MICROTL_OVERLAY})
endif()
