/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "call.h"

void microtl_kernel_cmsis_nn_fully_connected(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_cmsis_nn_fully_connected *p = op->params;
	const cmsis_nn_fc_params how = {
		.input_offset = -p->input_zero_point,
		.output_offset = p->out.zero_point,
		.activation = cmsis_nn_clamp(&p->out),
	};
	const cmsis_nn_per_tensor_quant_params scale = {
		.multiplier = p->requant.multiplier,
		.shift = p->requant.shift,
	};
	const cmsis_nn_dims input = {.n = (int32_t)p->batch, .h = 1, .w = 1, .c = (int32_t)p->in_c};
	const cmsis_nn_dims filter = {.n = (int32_t)p->in_c, .h = 1, .w = 1, .c = p->out_c};
	const cmsis_nn_dims output = {.n = (int32_t)p->batch, .h = 1, .w = 1, .c = p->out_c};
	const cmsis_nn_dims bias = {.c = p->out_c};
	/* What the library calls scratch is only read: the sums, worked out beforehand. */
	const cmsis_nn_context sums = {
		.buf = (void *)p->weight_sums,
		.size = (int32_t)sizeof(*p->weight_sums) * p->out_c,
	};

	cmsis_nn_expect(arm_fully_connected_s8_get_buffer_size(&filter) <= sums.size);
	cmsis_nn_expect_success(
		arm_fully_connected_s8(&sums, &how, &scale, &input, arena + op->input, &filter,
				       p->weights, &bias, p->bias, &output, arena + op->output));
}
