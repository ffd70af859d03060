# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

# Call graphs with stack use, from which "west microtl budget" bounds the stack of the trainer.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_C_COMPILER_VERSION VERSION_GREATER_EQUAL 10)
  zephyr_library_compile_options(-fcallgraph-info=su)
  # A hit of ccache brings the object file back, but not its call graph: no ccache for this library.
  set_property(TARGET microtl PROPERTY RULE_LAUNCH_COMPILE "${CMAKE_COMMAND} -E env")
endif()

if(CONFIG_MICROTL_BUDGET_CHECK)
  # Other limits are to be checked at the next build, though nothing else changed: link again.
  set(budget_file ${APPLICATION_SOURCE_DIR}/budget.yml)
  if(EXISTS ${budget_file})
    set_property(SOURCE src/zephyr/learner.c APPEND PROPERTY OBJECT_DEPENDS ${budget_file})
  endif()
  set_property(
    GLOBAL APPEND
    PROPERTY extra_post_build_commands
    COMMAND
      ${CMAKE_COMMAND} -E env PYTHONPATH=${CMAKE_CURRENT_LIST_DIR}/../../scripts/west_commands
      ${PYTHON_EXECUTABLE} -m microtl_tools budget -d ${APPLICATION_BINARY_DIR} --top 0
  )
endif()
