# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

# Add a model to an application:
#
#   microtl_add_model(<target> <name> <file> [<option>...])
#
# <target>   Target that gets the sources, as a rule app.
# <name>     Name of the model: <name>.h is included, <name>_model is the C symbol.
# <file>     A .tflite file, converted at build time with the kernels that Kconfig chooses; or a
#            <name>.c that was converted before, with <name>.h beside it: such a build needs no
#            Python package.
# <option>   Passed on to "west microtl convert", for example --classes 8 --labels labels.txt.
#            Files among the options are given with their full path.
#
# Example:
#
#   microtl_add_model(app watch ${CMAKE_CURRENT_SOURCE_DIR}/watch.tflite --classes 8)

if(CONFIG_MICROTL_KERNELS_CMSIS_NN)
  set(MICROTL_KERNELS cmsis-nn)
elseif(CONFIG_MICROTL_KERNELS_DSP)
  set(MICROTL_KERNELS dsp)
elseif(CONFIG_MICROTL_KERNELS_MVE)
  set(MICROTL_KERNELS mve)
else()
  set(MICROTL_KERNELS portable)
endif()

set(MICROTL_TOOLS_DIR ${CMAKE_CURRENT_LIST_DIR}/../../scripts/west_commands)

function(microtl_add_model target name file)
  cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
  cmake_path(GET file EXTENSION LAST_ONLY extension)

  if(extension STREQUAL ".c")
    cmake_path(GET file PARENT_PATH folder)
    target_sources(${target} PRIVATE ${file})
    target_include_directories(${target} PRIVATE ${folder})
    return()
  endif()

  if(NOT EXISTS ${file})
    message(FATAL_ERROR "microtl_add_model: there is no model ${file}")
  endif()

  set(folder ${CMAKE_CURRENT_BINARY_DIR}/microtl)
  file(GLOB_RECURSE tools CONFIGURE_DEPENDS ${MICROTL_TOOLS_DIR}/microtl_tools/convert/*.py)
  add_custom_command(
    OUTPUT ${folder}/${name}.c ${folder}/${name}.h
    COMMAND
      ${CMAKE_COMMAND} -E env PYTHONPATH=${MICROTL_TOOLS_DIR}
      ${PYTHON_EXECUTABLE} -m microtl_tools convert ${file} --name ${name}
      --kernels ${MICROTL_KERNELS} -o ${folder} ${ARGN}
    DEPENDS ${file} ${tools}
    COMMENT "Converting ${file}"
    VERBATIM
  )
  target_sources(${target} PRIVATE ${folder}/${name}.c ${folder}/${name}.h)
  target_include_directories(${target} PRIVATE ${folder})
endfunction()
