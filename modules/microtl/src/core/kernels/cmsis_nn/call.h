/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Parameters as CMSIS-NN takes them.
 */

#ifndef MICROTL_KERNELS_CMSIS_NN_CALL_H_
#define MICROTL_KERNELS_CMSIS_NN_CALL_H_

#include <arm_nnfunctions.h>

#include <microtl/kernels_cmsis_nn.h>

/** Traps unless @a as_expected: a kernel cannot fail, so this is a CMSIS-NN that was not meant. */
static inline void cmsis_nn_expect(bool as_expected)
{
	if (!as_expected) {
		__builtin_trap();
	}
}

static inline void cmsis_nn_expect_success(arm_cmsis_nn_status status)
{
	cmsis_nn_expect(status == ARM_CMSIS_NN_SUCCESS);
}

static inline cmsis_nn_dims cmsis_nn_input(const struct microtl_sliding *at)
{
	return (cmsis_nn_dims){.n = 1, .h = at->in_h, .w = at->in_w, .c = at->in_c};
}

static inline cmsis_nn_dims cmsis_nn_output(const struct microtl_sliding *at)
{
	return (cmsis_nn_dims){.n = 1, .h = at->out_h, .w = at->out_w, .c = at->out_c};
}

static inline cmsis_nn_tile cmsis_nn_stride(const struct microtl_sliding *at)
{
	return (cmsis_nn_tile){.h = at->stride_h, .w = at->stride_w};
}

static inline cmsis_nn_tile cmsis_nn_padding(const struct microtl_sliding *at)
{
	return (cmsis_nn_tile){.h = at->pad_top, .w = at->pad_left};
}

static inline cmsis_nn_tile cmsis_nn_dilation(const struct microtl_sliding *at)
{
	return (cmsis_nn_tile){.h = at->dilation_h, .w = at->dilation_w};
}

static inline cmsis_nn_activation cmsis_nn_clamp(const struct microtl_output *out)
{
	return (cmsis_nn_activation){.min = out->min, .max = out->max};
}

/** CMSIS-NN only reads them, but does not say so. */
static inline cmsis_nn_per_channel_quant_params cmsis_nn_scales(const int32_t *multiplier,
								const int32_t *shift)
{
	return (cmsis_nn_per_channel_quant_params){
		.multiplier = (int32_t *)multiplier,
		.shift = (int32_t *)shift,
	};
}

static inline cmsis_nn_context cmsis_nn_scratch(const struct microtl_op *op, int8_t *arena,
						uint32_t size)
{
	return (cmsis_nn_context){.buf = arena + op->scratch, .size = (int32_t)size};
}

#endif /* MICROTL_KERNELS_CMSIS_NN_CALL_H_ */
