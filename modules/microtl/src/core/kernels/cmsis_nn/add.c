/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "operands.h"

void microtl_kernel_cmsis_nn_add(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_add *p = op->params;
	const struct cmsis_nn_operands x = cmsis_nn_operands(&p->at, op, arena);

	cmsis_nn_expect_success(arm_elementwise_add_s8(
		x.a, x.b, -p->zero_point_a, p->a.multiplier, p->a.shift, -p->zero_point_b,
		p->b.multiplier, p->b.shift, p->left_shift, arena + op->output, p->out.zero_point,
		p->result.multiplier, p->result.shift, p->out.min, p->out.max, x.count));
}
