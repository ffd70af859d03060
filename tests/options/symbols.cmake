# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

# Fails where ELF has a symbol that matches UNWANTED. EXPECTED is one that it does have.
execute_process(COMMAND ${NM} ${ELF} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(FIND "${symbols}" " ${EXPECTED}" found)
if(found EQUAL -1)
  message(FATAL_ERROR "${ELF}: has no ${EXPECTED}, nothing was tested")
endif()
string(REGEX MATCH "[^\n]*${UNWANTED}[^\n]*" found "${symbols}")
if(found)
  message(FATAL_ERROR "${ELF}: has what this configuration is to be free of: ${found}")
endif()
