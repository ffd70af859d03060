/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "dot.h"

void microtl_priv_dot(uint32_t acc[DOT_LANES], const struct dot_rows *rows, size_t at,
		      const int8_t *x, size_t count, int32_t offset)
{
	const int8_t *w0 = rows->row[0] + at;
	const int8_t *w1 = rows->row[1] + at;
	const int8_t *w2 = rows->row[2] + at;
	const int8_t *w3 = rows->row[3] + at;
	uint32_t acc0 = acc[0];
	uint32_t acc1 = acc[1];
	uint32_t acc2 = acc[2];
	uint32_t acc3 = acc[3];

	do {
		const int32_t value = *x++ + offset;

		acc0 += (uint32_t)(value * *w0++);
		acc1 += (uint32_t)(value * *w1++);
		acc2 += (uint32_t)(value * *w2++);
		acc3 += (uint32_t)(value * *w3++);
	} while (--count != 0);
	acc[0] = acc0;
	acc[1] = acc1;
	acc[2] = acc2;
	acc[3] = acc3;
}

void microtl_priv_dot_window(uint32_t acc[DOT_LANES], const struct dot_window *window,
			     const int8_t *x, const int8_t *w, int32_t offset)
{
	const size_t column_x = window->column_x;
	const size_t column_w = window->column_w;
	uint32_t acc0 = 0;
	uint32_t acc1 = 0;
	uint32_t acc2 = 0;
	uint32_t acc3 = 0;

	for (int32_t row = 0; row < window->rows; row++) {
		const int8_t *tap_x = x;
		const int8_t *tap_w = w;

		int32_t left = window->columns;

		do {
			acc0 += (uint32_t)((tap_x[0] + offset) * tap_w[0]);
			acc1 += (uint32_t)((tap_x[1] + offset) * tap_w[1]);
			acc2 += (uint32_t)((tap_x[2] + offset) * tap_w[2]);
			acc3 += (uint32_t)((tap_x[3] + offset) * tap_w[3]);
			tap_x += column_x;
			tap_w += column_w;
		} while (--left != 0);
		x += window->row_x;
		w += window->row_w;
	}
	acc[0] = acc0;
	acc[1] = acc1;
	acc[2] = acc2;
	acc[3] = acc3;
}
