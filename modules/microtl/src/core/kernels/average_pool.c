/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "pool.h"

/** Rounds ties away from zero. */
static int32_t average(const int8_t *x, const struct pool_window *window)
{
	const int32_t count = window->rows * window->columns;
	const size_t step = window->column_step;
	int32_t sum = 0;

	for (int32_t row = 0; row < window->rows; row++) {
		const int8_t *pixel = x + (size_t)row * window->row_step;

		for (int32_t left = window->columns; left != 0; left--) {
			sum += *pixel;
			pixel += step;
		}
	}
	return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

void microtl_kernel_average_pool(const struct microtl_op *op, int8_t *arena)
{
	pool(op, arena, average);
}
