/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "pool.h"

static int32_t greater(int32_t maximum, int8_t x)
{
	return x > maximum ? x : maximum;
}

static int32_t as_it_is(int32_t maximum, int32_t count)
{
	(void)count;
	return maximum;
}

void microtl_kernel_max_pool(const struct microtl_op *op, int8_t *arena)
{
	static const struct pool_kind kind = {
		.start = INT8_MIN,
		.add = greater,
		.finish = as_it_is,
	};

	pool(op, arena, &kind);
}
