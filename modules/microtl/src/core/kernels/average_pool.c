/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "pool.h"

/** Rounds ties away from zero. */
static int32_t average(const int8_t *x, const struct pool_window *window)
{
	const int32_t count = window->rows * window->columns;
	int32_t sum = 0;

	for (int32_t row = 0; row < window->rows; row++) {
		const int8_t *pixel = x + (size_t)row * window->row_step;

		for (int32_t column = 0; column < window->columns; column++) {
			sum += *pixel;
			pixel += window->column_step;
		}
	}
	return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

void microtl_kernel_average_pool(const struct microtl_op *op, int8_t *arena)
{
	pool(op, arena, average);
}
