/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/kernels.h>

void microtl_kernel_lut(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_lut *p = op->params;
	const int8_t *zero = p->table - INT8_MIN;
	const int8_t *input = arena + op->input;
	int8_t *output = arena + op->output;

	for (const int8_t *end = input + p->count; input != end; input++) {
		*output++ = zero[*input];
	}
}
