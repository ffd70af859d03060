/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "elementwise.h"

static int8_t maximum(const void *params, int32_t a, int32_t b)
{
	(void)params;
	return (int8_t)(a > b ? a : b);
}

void microtl_kernel_maximum(const struct microtl_op *op, int8_t *arena)
{
	elementwise(op, arena, op->params, maximum);
}
