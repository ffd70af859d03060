/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "pool.h"

void microtl_kernel_cmsis_nn_max_pool(const struct microtl_op *op, int8_t *arena)
{
	const struct cmsis_nn_pool pool = cmsis_nn_pool(op->params);
	const cmsis_nn_context no_scratch = {0};

	cmsis_nn_expect_success(arm_max_pool_s8(&no_scratch, &pool.how, &pool.input,
						arena + op->input, &pool.filter, &pool.output,
						arena + op->output));
}
