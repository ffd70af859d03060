/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief The operands of element-wise kernels: of one shape, without gaps.
 */

#ifndef MICROTL_KERNELS_CMSIS_NN_OPERANDS_H_
#define MICROTL_KERNELS_CMSIS_NN_OPERANDS_H_

#include <stddef.h>

#include "call.h"

struct cmsis_nn_operands {
	const int8_t *a, *b;
	int32_t count;
};

static inline struct cmsis_nn_operands cmsis_nn_operands(const struct microtl_broadcast *at,
							 const struct microtl_op *op,
							 const int8_t *arena)
{
	return (struct cmsis_nn_operands){
		.a = at->constant_a != NULL ? at->constant_a : arena + op->input,
		.b = at->constant_b != NULL ? at->constant_b : arena + op->input2,
		.count = (int32_t)at->dims[MICROTL_DIMS - 1],
	};
}

#endif /* MICROTL_KERNELS_CMSIS_NN_OPERANDS_H_ */
