/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "call.h"

void microtl_kernel_cmsis_nn_conv2d(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_cmsis_nn_conv2d *p = op->params;
	const struct microtl_sliding *at = &p->at;
	const cmsis_nn_conv_params how = {
		.input_offset = -p->input_zero_point,
		.output_offset = p->out.zero_point,
		.stride = cmsis_nn_stride(at),
		.padding = cmsis_nn_padding(at),
		.dilation = cmsis_nn_dilation(at),
		.activation = cmsis_nn_clamp(&p->out),
	};
	const cmsis_nn_dims input = cmsis_nn_input(at);
	const cmsis_nn_dims output = cmsis_nn_output(at);
	const cmsis_nn_dims filter = {
		.n = at->out_c, .h = at->kernel_h, .w = at->kernel_w, .c = p->filter_c};
	const cmsis_nn_dims bias = {.c = at->out_c};
	const cmsis_nn_per_channel_quant_params scales = cmsis_nn_scales(p->multiplier, p->shift);
	const cmsis_nn_context scratch = cmsis_nn_scratch(op, arena, p->scratch_size);

	cmsis_nn_expect(arm_convolve_wrapper_s8_get_buffer_size(&how, &input, &filter, &output) <=
			scratch.size);
	cmsis_nn_expect_success(
		arm_convolve_wrapper_s8(&scratch, &how, &scales, &input, arena + op->input, &filter,
					p->weights, &bias, p->bias, &output, arena + op->output));
}
