/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/kernels.h>

#include "dot.h"
#include "requant.h"
#include "sliding.h"

/** The part of the image under one window, and how to walk it: rows of runs without gaps. */
struct patch {
	const int8_t *x;
	/** Index of the first weight, in the filter. */
	size_t w;
	int32_t rows;
	int32_t runs;
	/** Values in a run. */
	size_t run;
	/** From one run to the next. */
	size_t run_x, run_w;
	/** From one row to the next. */
	size_t row_x, row_w;
};

static struct patch patch_at(const struct microtl_conv2d *p, const int8_t *input,
			     const struct taps *y, const struct taps *x)
{
	const struct microtl_sliding *at = &p->at;
	struct patch patch = {
		.x = input + ((size_t)y->position * at->in_w + (size_t)x->position) * at->in_c,
		.w = ((size_t)y->first * at->kernel_w + (size_t)x->first) * p->filter_c,
		.rows = x->count != 0 ? y->count : 0,
		.runs = x->count,
		.run = p->filter_c,
		.run_x = (size_t)at->dilation_w * at->in_c,
		.run_w = p->filter_c,
		.row_x = (size_t)at->dilation_h * at->in_w * at->in_c,
		.row_w = (size_t)at->kernel_w * p->filter_c,
	};

	if (patch.run_x == patch.run) {
		/* Neighbouring pixels lie side by side: the whole row is one run. */
		patch.run *= (size_t)patch.runs;
		patch.runs = 1;
	}
	return patch;
}

static void add_patch(uint32_t acc[DOT_LANES], const struct patch *patch, const int8_t *x,
		      int32_t offset, const struct dot_rows *filters)
{
	for (int32_t row = 0; row < patch->rows; row++) {
		const int8_t *run_x = x + (size_t)row * patch->row_x;
		size_t run_w = patch->w + (size_t)row * patch->row_w;

		for (int32_t run = 0; run < patch->runs; run++) {
			microtl_priv_dot(acc, filters, run_w, run_x, patch->run, offset);
			run_x += patch->run_x;
			run_w += patch->run_w;
		}
	}
}

/** Output channels [c, c + channels) of one pixel: one group's. */
static void convolve_group(const struct microtl_conv2d *p, const struct patch *patch,
			   const int8_t *x, uint32_t c, uint32_t channels, int8_t *output)
{
	const size_t filter_size = (size_t)p->at.kernel_h * patch->row_w;

	for (uint32_t end = c + channels; c < end; c += DOT_LANES) {
		const uint32_t lanes = end - c < DOT_LANES ? end - c : DOT_LANES;
		const struct dot_rows filters =
			dot_rows(p->weights + c * filter_size, filter_size, lanes);
		uint32_t acc[DOT_LANES] = {0};

		add_patch(acc, patch, x, -p->input_zero_point, &filters);
		for (uint32_t lane = 0; lane < lanes; lane++) {
			const uint32_t i = c + lane;
			const int32_t sum = (int32_t)(acc[lane] + bias_of(p->bias, i));

			output[i] =
				to_output(requantize(sum, p->multiplier[i], p->shift[i]), &p->out);
		}
	}
}

void microtl_kernel_conv2d(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_conv2d *p = op->params;
	const struct microtl_sliding *at = &p->at;
	const uint32_t group_channels = (uint32_t)at->out_c * p->filter_c / at->in_c;
	int8_t *output = arena + op->output;

	for (int32_t out_y = 0; out_y < at->out_h; out_y++) {
		const struct taps y = taps_inside(out_y * at->stride_h - at->pad_top, at->kernel_h,
						  at->dilation_h, at->in_h);

		for (int32_t out_x = 0; out_x < at->out_w; out_x++) {
			const struct taps x = taps_inside(out_x * at->stride_w - at->pad_left,
							  at->kernel_w, at->dilation_w, at->in_w);
			const struct patch patch = patch_at(p, arena + op->input, &y, &x);
			const int8_t *group_x = patch.x;

			for (uint32_t c = 0; c < at->out_c; c += group_channels) {
				convolve_group(p, &patch, group_x, c, group_channels, output);
				group_x += p->filter_c;
			}
			output += at->out_c;
		}
	}
}
