/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "elementwise.h"
#include "requant.h"

static int8_t multiply(const void *params, int32_t a, int32_t b)
{
	const struct microtl_mul *p = params;
	const int32_t product = (a - p->zero_point_a) * (b - p->zero_point_b);

	return to_output(requantize(product, p->requant.multiplier, p->requant.shift), &p->out);
}

void microtl_kernel_mul(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_mul *p = op->params;

	elementwise(op, arena, &p->at, multiply);
}
