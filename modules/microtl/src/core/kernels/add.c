/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "elementwise.h"
#include "requant.h"

static int8_t add(const void *params, int32_t a, int32_t b)
{
	const struct microtl_add *p = params;
	const int32_t unit = (int32_t)1 << p->left_shift;
	const int32_t scaled_a =
		requantize((a - p->zero_point_a) * unit, p->a.multiplier, p->a.shift);
	const int32_t scaled_b =
		requantize((b - p->zero_point_b) * unit, p->b.multiplier, p->b.shift);
	const int32_t sum = p->subtract ? scaled_a - scaled_b : scaled_a + scaled_b;

	return to_output(requantize(sum, p->result.multiplier, p->result.shift), &p->out);
}

void microtl_kernel_add(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_add *p = op->params;

	elementwise(op, arena, &p->at, add);
}
