/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "pool.h"

static int32_t maximum(const int8_t *x, const struct pool_window *window)
{
	int32_t max = INT8_MIN;

	for (int32_t row = 0; row < window->rows; row++) {
		const int8_t *pixel = x + (size_t)row * window->row_step;

		for (int32_t column = 0; column < window->columns; column++) {
			max = *pixel > max ? *pixel : max;
			pixel += window->column_step;
		}
	}
	return max;
}

void microtl_kernel_max_pool(const struct microtl_op *op, int8_t *arena)
{
	pool(op, arena, maximum);
}
