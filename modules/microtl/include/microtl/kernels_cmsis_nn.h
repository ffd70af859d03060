/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Parameters of the kernels that call CMSIS-NN (`--kernels cmsis-nn`), release 6.0.0.
 *
 * For every Cortex-M: CMSIS-NN itself chooses plain C, the DSP extension or Helium when it is
 * compiled. The scratch of a call is the most that any of the three needs. The converter replaces a
 * portable kernel only where CMSIS-NN gives the same bits on all of them.
 *
 * A kernel traps where CMSIS-NN refuses its arguments or wants more scratch than release 6.0.0:
 * then another release was built, and results would be wrong.
 */

#ifndef MICROTL_KERNELS_CMSIS_NN_H_
#define MICROTL_KERNELS_CMSIS_NN_H_

#include <stdint.h>

#include <microtl/kernels.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Convolution, groups included. The output must not overlap the input. */
struct microtl_cmsis_nn_conv2d {
	struct microtl_sliding at;
	/** Input channels of one filter: in_c, or less with groups. */
	uint16_t filter_c;
	int16_t input_zero_point;
	struct microtl_output out;
	/** Bytes at microtl_op::scratch. */
	uint32_t scratch_size;
	/** [out_c][kernel_h][kernel_w][filter_c], symmetric (zero point 0). */
	const int8_t *weights;
	/** [out_c] */
	const int32_t *bias;
	/** [out_c], Q31. */
	const int32_t *multiplier;
	/** [out_c], as microtl_requant::shift. */
	const int32_t *shift;
};
void microtl_kernel_cmsis_nn_conv2d(const struct microtl_op *op, int8_t *arena);

/** Depthwise convolution. The output must not overlap the input. */
struct microtl_cmsis_nn_depthwise_conv2d {
	struct microtl_sliding at;
	uint16_t depth_multiplier;
	int16_t input_zero_point;
	struct microtl_output out;
	/** Bytes at microtl_op::scratch. */
	uint32_t scratch_size;
	/** [kernel_h][kernel_w][out_c] */
	const int8_t *weights;
	/** [out_c] */
	const int32_t *bias;
	/** [out_c], Q31. */
	const int32_t *multiplier;
	/** [out_c], as microtl_requant::shift. */
	const int32_t *shift;
};
void microtl_kernel_cmsis_nn_depthwise_conv2d(const struct microtl_op *op, int8_t *arena);

/** Dense layer with one scale for all channels. The output must not overlap the input. */
struct microtl_cmsis_nn_fully_connected {
	uint32_t batch;
	uint32_t in_c;
	uint16_t out_c;
	int16_t input_zero_point;
	struct microtl_output out;
	struct microtl_requant requant;
	/** [out_c][in_c], symmetric (zero point 0). */
	const int8_t *weights;
	/** [out_c] */
	const int32_t *bias;
	/** [out_c], the sum of each channel's weights: the Helium kernels read it. */
	const int32_t *weight_sums;
};
void microtl_kernel_cmsis_nn_fully_connected(const struct microtl_op *op, int8_t *arena);

/** Scratch of microtl_kernel_cmsis_nn_average_pool(): a sum a channel. */
#define MICROTL_CMSIS_NN_AVERAGE_POOL_SCRATCH(channels) (4 * (channels))
/** The parameters are a struct microtl_pool. The output must not overlap the input. */
void microtl_kernel_cmsis_nn_average_pool(const struct microtl_op *op, int8_t *arena);
void microtl_kernel_cmsis_nn_max_pool(const struct microtl_op *op, int8_t *arena);

/** The parameters are a struct microtl_softmax. The output must not overlap the input. */
void microtl_kernel_cmsis_nn_softmax(const struct microtl_op *op, int8_t *arena);

/**
 * The parameters are a struct microtl_add or microtl_mul whose operands have the output's shape and
 * no gaps. The output may be the same tensor as an operand, else it must not overlap.
 */
void microtl_kernel_cmsis_nn_add(const struct microtl_op *op, int8_t *arena);
void microtl_kernel_cmsis_nn_mul(const struct microtl_op *op, int8_t *arena);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_KERNELS_CMSIS_NN_H_ */
