# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

# In fixed point MicroTL brings no function of the run-time ABI for float and double into an image.
execute_process(COMMAND ${NM} ${ELF} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(FIND "${symbols}" " microtl_step" step)
if(step EQUAL -1)
  message(FATAL_ERROR "${ELF}: has no microtl_step, nothing was tested")
endif()
string(REGEX MATCH "__aeabi_([fd][a-z]|[cu]?[fd]cmp|u?[il]2[fd])[a-z0-9]*" found "${symbols}")
if(found)
  message(FATAL_ERROR "CONFIG_MICROTL_ARITHMETIC_FIXED=y, but ${ELF} has ${found}")
endif()
