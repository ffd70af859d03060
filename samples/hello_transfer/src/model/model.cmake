# SPDX-FileCopyrightText: The MicroTL authors
# SPDX-License-Identifier: Apache-2.0

# Adds the model to the application. For the portable kernels and float it was converted before, so
# that a plain build needs no Python package of MicroTL's; else it is converted now, the same way.
if(CONFIG_MICROTL_KERNELS_PORTABLE AND CONFIG_MICROTL_ARITHMETIC_FLOAT)
  microtl_add_model(app digits ${CMAKE_CURRENT_LIST_DIR}/digits.c)
else()
  microtl_add_model(
    app digits ${CMAKE_CURRENT_LIST_DIR}/digits.tflite
    --classes 10 --labels ${CMAKE_CURRENT_LIST_DIR}/labels.txt
    --representative-data ${CMAKE_CURRENT_LIST_DIR}/digits.npz
    --base-set ${CMAKE_CURRENT_LIST_DIR}/digits.npz --base-set-count 14
  )
endif()
