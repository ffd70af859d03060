/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "elementwise.h"
#include "requant.h"

static int8_t prelu(const void *params, int32_t x, int32_t alpha)
{
	const struct microtl_prelu *p = params;
	const struct microtl_requant *requant = &p->positive;

	x -= p->zero_point_a;
	if (x < 0) {
		x *= alpha - p->zero_point_b;
		requant = &p->negative;
	}
	return to_output(requantize(x, requant->multiplier, requant->shift), &p->out);
}

void microtl_kernel_prelu(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_prelu *p = op->params;

	elementwise(op, arena, &p->at, prelu);
}
