/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stddef.h>

#include <microtl/kernels.h>

#include "requant.h"
#include "sliding.h"

/** Output channels that are worked out together. */
#define LANES 4

/** The taps under one window, as distances in the input and in the weights. */
struct patch {
	int32_t rows, columns;
	size_t row_x, row_w;
	size_t column_x, column_w;
};

/** One output channel. */
static uint32_t convolve_one(const struct patch *patch, const int8_t *x, int32_t offset,
			     const int8_t *w)
{
	uint32_t acc = 0;

	for (int32_t row = 0; row < patch->rows; row++) {
		const int8_t *tap_x = x + (size_t)row * patch->row_x;
		const int8_t *tap_w = w + (size_t)row * patch->row_w;

		for (int32_t column = 0; column < patch->columns; column++) {
			acc += (uint32_t)((*tap_x + offset) * *tap_w);
			tap_x += patch->column_x;
			tap_w += patch->column_w;
		}
	}
	return acc;
}

/** LANES output channels of as many input channels. */
static void convolve_lanes(uint32_t acc[LANES], const struct patch *patch, const int8_t *x,
			   int32_t offset, const int8_t *w)
{
	uint32_t acc0 = 0;
	uint32_t acc1 = 0;
	uint32_t acc2 = 0;
	uint32_t acc3 = 0;

	for (int32_t row = 0; row < patch->rows; row++) {
		const int8_t *tap_x = x + (size_t)row * patch->row_x;
		const int8_t *tap_w = w + (size_t)row * patch->row_w;

		for (int32_t column = 0; column < patch->columns; column++) {
			acc0 += (uint32_t)((tap_x[0] + offset) * tap_w[0]);
			acc1 += (uint32_t)((tap_x[1] + offset) * tap_w[1]);
			acc2 += (uint32_t)((tap_x[2] + offset) * tap_w[2]);
			acc3 += (uint32_t)((tap_x[3] + offset) * tap_w[3]);
			tap_x += patch->column_x;
			tap_w += patch->column_w;
		}
	}
	acc[0] = acc0;
	acc[1] = acc1;
	acc[2] = acc2;
	acc[3] = acc3;
}

/** All output channels of one pixel. */
static void convolve_pixel(const struct microtl_depthwise_conv2d *p, const struct patch *patch,
			   const int8_t *x, const int8_t *w, int8_t *output)
{
	const int32_t offset = -p->input_zero_point;
	const uint32_t out_c = p->at.out_c;
	uint32_t lanes;

	for (uint32_t c = 0; c < out_c; c += lanes) {
		uint32_t acc[LANES];

		if (p->depth_multiplier == 1 && out_c - c >= LANES) {
			lanes = LANES;
			convolve_lanes(acc, patch, x + c, offset, w + c);
		} else {
			lanes = 1;
			acc[0] = convolve_one(patch, x + c / p->depth_multiplier, offset, w + c);
		}
		for (uint32_t lane = 0; lane < lanes; lane++) {
			const uint32_t i = c + lane;
			const int32_t sum = (int32_t)(acc[lane] + bias_of(p->bias, i));

			output[i] =
				to_output(requantize(sum, p->multiplier[i], p->shift[i]), &p->out);
		}
	}
}

void microtl_kernel_depthwise_conv2d(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_depthwise_conv2d *p = op->params;
	const struct microtl_sliding *at = &p->at;
	const int8_t *input = arena + op->input;
	int8_t *output = arena + op->output;
	struct patch patch = {
		.row_x = (size_t)at->dilation_h * at->in_w * at->in_c,
		.row_w = (size_t)at->kernel_w * at->out_c,
		.column_x = (size_t)at->dilation_w * at->in_c,
		.column_w = at->out_c,
	};

	for (int32_t out_y = 0; out_y < at->out_h; out_y++) {
		const struct taps y = taps_inside(out_y * at->stride_h - at->pad_top, at->kernel_h,
						  at->dilation_h, at->in_h);

		patch.rows = y.count;
		for (int32_t out_x = 0; out_x < at->out_w; out_x++) {
			const struct taps x = taps_inside(out_x * at->stride_w - at->pad_left,
							  at->kernel_w, at->dilation_w, at->in_w);

			patch.columns = x.count;
			convolve_pixel(p, &patch,
				       input + (size_t)y.position * at->in_w * at->in_c +
					       (size_t)x.position * at->in_c,
				       p->weights + (size_t)y.first * patch.row_w +
					       (size_t)x.first * at->out_c,
				       output);
			output += at->out_c;
		}
	}
}
