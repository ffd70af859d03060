# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

# Add a model to an application:
#
#   microtl_add_model(<target> <name> <file> [<option>...])
#
# <target>   Target that gets the sources, as a rule app.
# <name>     Name of the model: <name>.h is included, <name>_model is the C symbol.
# <file>     A .tflite file, converted at build time with the kernels and the arithmetic that
#            Kconfig chooses; or a <name>.c that was converted before, with <name>.h beside it:
#            such a build needs no Python package.
# <option>   Passed on to "west microtl convert", for example --classes 8 --labels labels.txt. Where
#            a file or a folder among them changes, the build converts anew.
#
# Relative paths begin at the folder of the CMakeLists.txt that calls.
#
# Example:
#
#   microtl_add_model(app watch watch.tflite --classes 8 --base-set train.npz)

# Applications call this from a directory of their own, which sees no variables of this one.
function(microtl_priv_kernels result)
  if(CONFIG_MICROTL_KERNELS_CMSIS_NN)
    set(kernels cmsis-nn)
  elseif(CONFIG_MICROTL_KERNELS_DSP)
    set(kernels dsp)
  elseif(CONFIG_MICROTL_KERNELS_MVE)
    set(kernels mve)
  else()
    set(kernels portable)
  endif()
  set(${result} ${kernels} PARENT_SCOPE)
endfunction()

# The files among the options of a conversion, and those in folders among them.
function(microtl_priv_input_files result)
  set(files)
  foreach(option IN LISTS ARGN)
    string(REGEX REPLACE "^--[a-z-]+=" "" path "${option}")
    cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    if(NOT option STREQUAL "" AND IS_DIRECTORY "${path}")
      file(GLOB_RECURSE members CONFIGURE_DEPENDS "${path}/*")
      list(APPEND files ${members})
    elseif(EXISTS "${path}" AND NOT IS_DIRECTORY "${path}")
      list(APPEND files "${path}")
    endif()
  endforeach()
  set(${result} ${files} PARENT_SCOPE)
endfunction()

function(microtl_add_model target name file)
  cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
  cmake_path(GET file EXTENSION LAST_ONLY extension)

  if(extension STREQUAL ".c")
    cmake_path(GET file PARENT_PATH folder)
    target_sources(${target} PRIVATE ${file})
    target_include_directories(${target} BEFORE PRIVATE ${folder})
    return()
  endif()

  if(NOT EXISTS ${file})
    message(FATAL_ERROR "microtl_add_model: there is no model ${file}")
  endif()

  microtl_priv_kernels(kernels)
  set(arithmetic float)
  if(CONFIG_MICROTL_ARITHMETIC_FIXED)
    set(arithmetic fixed)
  endif()
  set(tools_dir ../../scripts/west_commands)
  cmake_path(
    ABSOLUTE_PATH tools_dir BASE_DIRECTORY ${CMAKE_CURRENT_FUNCTION_LIST_DIR} NORMALIZE
  )
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/microtl)
  microtl_priv_input_files(inputs ${ARGN})
  file(GLOB_RECURSE tools CONFIGURE_DEPENDS ${tools_dir}/microtl_tools/convert/*.py)
  add_custom_command(
    OUTPUT ${folder}/${name}.c ${folder}/${name}.h
    COMMAND
      ${CMAKE_COMMAND} -E env PYTHONPATH=${tools_dir} PYTHONSAFEPATH=1
      ${PYTHON_EXECUTABLE} -m microtl_tools convert ${file} --name ${name}
      --kernels ${kernels} --arithmetic ${arithmetic} -o ${folder} ${ARGN}
    DEPENDS ${file} ${inputs} ${tools}
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
    COMMENT "Converting ${file}"
    VERBATIM
  )
  target_sources(${target} PRIVATE ${folder}/${name}.c ${folder}/${name}.h)
  # Before folders of the application that hold a header of the same name.
  target_include_directories(${target} BEFORE PRIVATE ${folder})
endfunction()
