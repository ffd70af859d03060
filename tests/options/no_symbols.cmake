# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

execute_process(COMMAND ${NM} ${ELF} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(FIND "${symbols}" " main" main)
if(main EQUAL -1)
  message(FATAL_ERROR "${ELF}: no symbols at all, nothing was tested")
endif()
string(REGEX MATCH "[^\n]*microtl[^\n]*" found "${symbols}")
if(found)
  message(FATAL_ERROR "CONFIG_MICROTL=n, but ${ELF} has: ${found}")
endif()
