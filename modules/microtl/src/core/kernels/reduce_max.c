/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "reduce.h"

static int8_t maximum(const void *params, const int8_t *x)
{
	const struct microtl_reduce *p = params;
	const uint32_t *dims = p->reduce_dims;
	const uint32_t *stride = p->reduce_stride;
	int8_t max = INT8_MIN;

	for (uint32_t i = 0; i < dims[0]; i++) {
		for (uint32_t j = 0; j < dims[1]; j++) {
			const int8_t *element = x + (size_t)i * stride[0] + (size_t)j * stride[1];

			for (uint32_t k = 0; k < dims[2]; k++) {
				max = *element > max ? *element : max;
				element += stride[2];
			}
		}
	}
	return max;
}

void microtl_kernel_reduce_max(const struct microtl_op *op, int8_t *arena)
{
	reduce(op, arena, op->params, maximum);
}
