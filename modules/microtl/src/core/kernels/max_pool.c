/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "pool.h"

static int32_t maximum(const int8_t *x, const struct pool_window *window)
{
	const size_t step = window->column_step;
	int32_t max = INT8_MIN;

	for (int32_t row = 0; row < window->rows; row++) {
		const int8_t *pixel = x + (size_t)row * window->row_step;

		for (int32_t left = window->columns; left != 0; left--) {
			max = *pixel > max ? *pixel : max;
			pixel += step;
		}
	}
	return max;
}

void microtl_kernel_max_pool(const struct microtl_op *op, int8_t *arena)
{
	pool(op, arena, maximum);
}
