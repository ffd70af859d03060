/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "pool.h"

static int32_t add(int32_t sum, int8_t x)
{
	return sum + x;
}

/** Rounds ties away from zero. */
static int32_t average(int32_t sum, int32_t count)
{
	return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

void microtl_kernel_average_pool(const struct microtl_op *op, int8_t *arena)
{
	static const struct pool_kind kind = {.start = 0, .add = add, .finish = average};

	pool(op, arena, &kind);
}
