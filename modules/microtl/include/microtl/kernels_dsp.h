/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Parameters of the kernels for the Armv7E-M DSP extension (Cortex-M4, M7, M33).
 *
 * Weights are laid out for the kernel when the model is converted (`--kernels dsp`). The kernels
 * also exist in C, for the host: same layout, same bits. The converter falls back on the portable
 * kernels where one of the preconditions in kernels/dsp/blocks.h does not hold.
 */

#ifndef MICROTL_KERNELS_DSP_H_
#define MICROTL_KERNELS_DSP_H_

#include <stdint.h>

#include <microtl/kernels.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How a block rounds and clamps its outputs: as little as is exact. */
enum microtl_dsp_rounding {
	/** ReLU: all below the zero point is clamped, so ties of negative sums do not matter. */
	MICROTL_DSP_RECTIFIED = 0,
	/** Ties away from zero, clamped to int8. */
	MICROTL_DSP_LINEAR = 1,
	/** Ties away from zero, clamped to min and max. */
	MICROTL_DSP_CLAMPED = 2,
};

/**
 * Convolution; a 1x1 convolution with stride 1, or a dense layer on several vectors, as well.
 *
 * Pixels are worked out in order, two at a time, from copies of the input's rows: the output may
 * lie in front of the input and run into what was read. Reads up to 3 bytes behind the input.
 */
struct microtl_dsp_conv2d {
	struct microtl_sliding at;
	struct microtl_output out;
	/** What stands outside the image: the input's zero point. */
	int8_t border;
	/** An enum microtl_dsp_rounding. */
	uint8_t rounding;
	/** Quads of one row of the window: kernel_w * in_c values, rounded up. */
	uint16_t row_quads;
	/** Panels of two channels; an odd last channel has a partner of zeros. */
	const int32_t *panels;
};

/**
 * Scratch of microtl_kernel_dsp_conv2d(): two gathered windows, and rows of int16 under the windows
 * of two output rows; @a row_size is the values of such a row. @a stride_h is 0 where there is but
 * one output row.
 */
#define MICROTL_DSP_CONV2D_SCRATCH(kernel_h, stride_h, row_quads, row_size)                        \
	(16 * (kernel_h) * (row_quads) + 2 * ((kernel_h) + (stride_h)) * (row_size))
void microtl_kernel_dsp_conv2d(const struct microtl_op *op, int8_t *arena);
/** The same with weights of int8 in the panels, which takes half the flash and more time. */
void microtl_kernel_dsp_conv2d_int8(const struct microtl_op *op, int8_t *arena);

/** Scratch of microtl_kernel_dsp_conv2d_direct(): two windows, and a row of each. */
#define MICROTL_DSP_CONV2D_DIRECT_SCRATCH(kernel_h, row_quads)                                     \
	(16 * (kernel_h) * (row_quads) + 2 * 4 * (row_quads))
/**
 * The same where a row of the window is a multiple of four values, which are then (w0, w2) and
 * (w1, w3) in the panels. Reads windows from the image itself: much less scratch, and little more
 * time where there are many output channels.
 */
void microtl_kernel_dsp_conv2d_direct(const struct microtl_op *op, int8_t *arena);
/** The same with weights of int8. */
void microtl_kernel_dsp_conv2d_direct_int8(const struct microtl_op *op, int8_t *arena);

/** Scratch of microtl_kernel_dsp_pointwise(): two widened pixels. */
#define MICROTL_DSP_POINTWISE_SCRATCH(quads) (2 * 8 * (quads))
/**
 * 1x1 windows with stride 1 and no padding on a multiple of four channels. The output may lie where
 * the input lies if it has no more channels.
 */
void microtl_kernel_dsp_pointwise(const struct microtl_op *op, int8_t *arena);
/** The same with weights of int8. */
void microtl_kernel_dsp_pointwise_int8(const struct microtl_op *op, int8_t *arena);

/** Depthwise convolution, depth multiplier 1, a multiple of four channels. */
struct microtl_dsp_depthwise {
	struct microtl_sliding at;
	struct microtl_output out;
	/** What stands outside the image: the input's zero point. */
	int8_t border;
	/** An enum microtl_dsp_rounding. */
	uint8_t rounding;
	/**
	 * For 3x3 windows a few words a channel, see kernels/dsp/planes.h, of which @a taps leaves
	 * the first three; else panels of four channels, see kernels/dsp/blocks.h.
	 */
	const int32_t *filters;
	/** [in_c][3][3], or NULL where the filters hold them. */
	const int8_t *taps;
};

/** Scratch of microtl_kernel_dsp_depthwise_3x3(): the planes of four channels. */
#define MICROTL_DSP_DEPTHWISE_3X3_SCRATCH(out_h, out_w)                                            \
	(4 * 8 * ((out_w) + 2) * (((out_h) + 1) / 2 + 2))
/** 3x3 windows, stride 1. The output may lie where the input lies if it has the same size. */
void microtl_kernel_dsp_depthwise_3x3(const struct microtl_op *op, int8_t *arena);

/** Scratch of microtl_kernel_dsp_depthwise(): where the taps lie, and a pixel of the border. */
#define MICROTL_DSP_DEPTHWISE_SCRATCH(taps, in_c) (4 * (taps) + (in_c))
/**
 * Any window. Pixels and their channels are made in order, so the output may overlap the input
 * where neither a pixel nor a channel to come reads.
 */
void microtl_kernel_dsp_depthwise(const struct microtl_op *op, int8_t *arena);

/** Dense layer on one vector. Reads up to 7 bytes behind the input. */
struct microtl_dsp_dense {
	uint16_t in_c, out_c;
	struct microtl_output out;
	/** An enum microtl_dsp_rounding. */
	uint8_t rounding;
	/** Panels of four channels, the last filled up with zeros. */
	const int32_t *panels;
};
void microtl_kernel_dsp_dense(const struct microtl_op *op, int8_t *arena);
/** The same with weights of int8. */
void microtl_kernel_dsp_dense_int8(const struct microtl_op *op, int8_t *arena);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_KERNELS_DSP_H_ */
