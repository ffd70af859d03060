/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "pool.h"

void microtl_kernel_cmsis_nn_average_pool(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_pool *p = op->params;
	const struct cmsis_nn_pool pool = cmsis_nn_pool(p);
	const cmsis_nn_context scratch = cmsis_nn_scratch(
		op, arena, MICROTL_CMSIS_NN_AVERAGE_POOL_SCRATCH((uint32_t)p->at.in_c));

	cmsis_nn_expect(arm_avgpool_s8_get_buffer_size(p->at.out_w, p->at.in_c) <= scratch.size);
	cmsis_nn_expect_success(arm_avgpool_s8(&scratch, &pool.how, &pool.input, arena + op->input,
					       &pool.filter, &pool.output, arena + op->output));
}
