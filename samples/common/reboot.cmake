# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

# native_sim of Zephyr 3.7 cannot reboot: let it start its program anew. Its flash is a file that
# stays.
if(CONFIG_BOARD_NATIVE_SIM AND CONFIG_REBOOT AND NOT DEFINED CONFIG_NATIVE_SIM_REBOOT)
  target_sources(app PRIVATE ${CMAKE_CURRENT_LIST_DIR}/reboot.c)
  target_sources(native_simulator INTERFACE ${CMAKE_CURRENT_LIST_DIR}/reboot_host.c)
endif()
