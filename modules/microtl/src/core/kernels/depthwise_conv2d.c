/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stddef.h>

#include <microtl/kernels.h>

#include "dot.h"
#include "requant.h"
#include "sliding.h"

/** One output channel: the last ones, and those of a depth multiplier. */
static uint32_t convolve_one(const struct dot_window *window, const int8_t *x, int32_t offset,
			     const int8_t *w)
{
	uint32_t acc = 0;

	for (int32_t row = 0; row < window->rows; row++) {
		const int8_t *tap_x = x + (size_t)row * window->row_x;
		const int8_t *tap_w = w + (size_t)row * window->row_w;

		for (int32_t left = window->columns; left != 0; left--) {
			acc += (uint32_t)((*tap_x + offset) * *tap_w);
			tap_x += window->column_x;
			tap_w += window->column_w;
		}
	}
	return acc;
}

/** All output channels of one pixel. */
static void convolve_pixel(const struct microtl_depthwise_conv2d *p,
			   const struct dot_window *window, const int8_t *x, const int8_t *w,
			   int8_t *output)
{
	const int32_t offset = -p->input_zero_point;
	const uint32_t out_c = p->at.out_c;
	uint32_t lanes;

	for (uint32_t c = 0; c < out_c; c += lanes) {
		uint32_t acc[DOT_LANES];

		if (p->depth_multiplier == 1 && out_c - c >= DOT_LANES) {
			lanes = DOT_LANES;
			microtl_priv_dot_window(acc, window, x + c, w + c, offset);
		} else {
			lanes = 1;
			acc[0] = convolve_one(window, x + c / p->depth_multiplier, offset, w + c);
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
	struct dot_window window = {
		.row_x = (size_t)at->dilation_h * at->in_w * at->in_c,
		.row_w = (size_t)at->kernel_w * at->out_c,
		.column_x = (size_t)at->dilation_w * at->in_c,
		.column_w = at->out_c,
	};

	for (int32_t out_y = 0; out_y < at->out_h; out_y++) {
		const struct taps y = taps_inside(out_y * at->stride_h - at->pad_top, at->kernel_h,
						  at->dilation_h, at->in_h);

		for (int32_t out_x = 0; out_x < at->out_w; out_x++) {
			const struct taps x = taps_inside(out_x * at->stride_w - at->pad_left,
							  at->kernel_w, at->dilation_w, at->in_w);
			const size_t pixel = (size_t)y.position * at->in_w + (size_t)x.position;
			const size_t tap = (size_t)y.first * at->kernel_w + (size_t)x.first;

			window.rows = x.count != 0 ? y.count : 0;
			window.columns = x.count;
			convolve_pixel(p, &window, input + pixel * at->in_c,
				       p->weights + tap * at->out_c, output);
			output += at->out_c;
		}
	}
}
