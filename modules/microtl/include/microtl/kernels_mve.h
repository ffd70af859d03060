/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Parameters of the kernels for Helium, the integer vectors of Armv8.1-M (Cortex-M52, M55,
 * M85).
 *
 * Weights are laid out for the kernel when the model is converted (`--kernels mve`) and take little
 * more than int8. Each kernel also exists in C, for the host: same layout, same bits. The converter
 * falls back on the portable kernels where one of the preconditions in kernels/mve/blocks.h does
 * not hold.
 */

#ifndef MICROTL_KERNELS_MVE_H_
#define MICROTL_KERNELS_MVE_H_

#include <stdint.h>

#include <microtl/kernels.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes of a vector. */
#define MICROTL_MVE_VECTOR 16

/**
 * Convolution without groups and dilation; also a 1x1 convolution, or a dense layer on several
 * vectors.
 *
 * Pixels are worked out in order, two at a time, from copies of their windows: the output may
 * overlap the input as that of microtl_kernel_conv2d() may.
 */
struct microtl_mve_conv2d {
	struct microtl_sliding at;
	struct microtl_output out;
	/** What stands outside the image: the input's zero point. */
	int8_t border;
	/** Bytes of a window: kernel_h * kernel_w * in_c, rounded up to whole vectors. */
	uint32_t depth;
	/** Panels of four channels, the last filled up with zeros; see kernels/mve/blocks.h. */
	const int32_t *panels;
};

/** Scratch of microtl_kernel_mve_conv2d(): two windows. */
#define MICROTL_MVE_CONV2D_SCRATCH(depth) (2 * (depth))
void microtl_kernel_mve_conv2d(const struct microtl_op *op, int8_t *arena);

/** Dense layer on one vector. Reads whole vectors of the input. */
struct microtl_mve_dense {
	uint16_t out_c;
	struct microtl_output out;
	/** Bytes of the input, rounded up to whole vectors. */
	uint32_t depth;
	/** As in struct microtl_mve_conv2d. */
	const int32_t *panels;
};
void microtl_kernel_mve_dense(const struct microtl_op *op, int8_t *arena);

/** Depthwise convolution, depth multiplier 1. */
struct microtl_mve_depthwise {
	struct microtl_sliding at;
	struct microtl_output out;
	/** What stands outside the image: the input's zero point. */
	int8_t border;
	/**
	 * [kernel_h][kernel_w][in_c]; for microtl_kernel_mve_depthwise_3x3() [in_c][12], four of
	 * each column, the last of them 0.
	 */
	const int8_t *taps;
	/** [in_c]; for 3x3 windows the input's zero point is folded in. */
	const int32_t *bias;
	/** [in_c], Q31. */
	const int32_t *multiplier;
	/** [in_c], -1 to -31. */
	const int8_t *shift;
};

/**
 * Any window. Pixels and their channels are made in order, so the output may overlap the input
 * where neither a pixel nor a channel to come reads.
 */
void microtl_kernel_mve_depthwise(const struct microtl_op *op, int8_t *arena);

/** Scratch of microtl_kernel_mve_depthwise_3x3(): cells of two bands, taps of 16 channels. */
#define MICROTL_MVE_DEPTHWISE_3X3_SCRATCH(out_w) (2 * 64 * (((out_w) + 1) / 2 * 2 + 2) + 16 * 24)
/** 3x3 windows, stride 1, no dilation. The output may lie where the input lies if it has the same
 * size. */
void microtl_kernel_mve_depthwise_3x3(const struct microtl_op *op, int8_t *arena);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_KERNELS_MVE_H_ */
