/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include <microtl/kernels.h>

void microtl_kernel_resize_nearest(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_resize_nearest *p = op->params;
	int8_t *output = arena + op->output;

	for (uint32_t y = 0; y < p->out_h; y++) {
		const int8_t *row = arena + op->input + (size_t)p->rows[y] * p->in_w * p->channels;

		for (uint32_t x = 0; x < p->out_w; x++) {
			memcpy(output, row + (size_t)p->columns[x] * p->channels, p->channels);
			output += p->channels;
		}
	}
}
