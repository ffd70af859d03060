/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "call.h"

void microtl_kernel_cmsis_nn_softmax(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_softmax *p = op->params;

	arm_softmax_s8(arena + op->input, (int32_t)p->rows, p->depth, p->input.multiplier,
		       p->input.shift, p->diff_min, arena + op->output);
}
