/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "reduce.h"
#include "requant.h"

static int8_t mean(const void *params, const int8_t *x)
{
	const struct microtl_mean *p = params;
	const uint32_t *dims = p->at.reduce_dims;
	const uint32_t *stride = p->at.reduce_stride;
	int32_t sum = p->bias;

	for (uint32_t i = 0; i < dims[0]; i++) {
		for (uint32_t j = 0; j < dims[1]; j++) {
			const int8_t *element = x + (size_t)i * stride[0] + (size_t)j * stride[1];

			for (uint32_t k = 0; k < dims[2]; k++) {
				sum += *element;
				element += stride[2];
			}
		}
	}
	return to_output(requantize(sum, p->requant.multiplier, p->requant.shift), &p->out);
}

void microtl_kernel_mean(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_mean *p = op->params;

	reduce(op, arena, &p->at, mean);
}
