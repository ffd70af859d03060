/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/kernels_mve.h>

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "../sliding.h"
#include "blocks.h"
#include "bytes.h"

/** Copies the window of an output pixel, border included. */
static void gather(const struct microtl_mve_conv2d *p, const int8_t *image, int32_t out_y,
		   int32_t out_x, int8_t *window)
{
	const struct microtl_sliding *at = &p->at;
	const int32_t top = out_y * at->stride_h - at->pad_top;
	const int32_t left = out_x * at->stride_w - at->pad_left;
	const struct taps x = taps_inside(left, at->kernel_w, 1, at->in_w);
	const size_t size = (size_t)at->kernel_w * at->in_c;
	const size_t before = (size_t)x.first * at->in_c;
	const size_t inside = (size_t)x.count * at->in_c;

	for (int32_t y = top; y < top + at->kernel_h; y++) {
		const bool outside = y < 0 || y >= at->in_h;

		if (outside || inside != size) {
			memset(window, p->border, size);
		}
		if (!outside) {
			const size_t pixel = (size_t)y * at->in_w + (size_t)x.position;

			mve_copy(window + before, image + pixel * at->in_c, inside);
		}
		window += size;
	}
}

/** All output channels of two neighbouring pixels. */
static void convolve(const struct microtl_mve_conv2d *p, const int8_t *windows, int8_t *output,
		     struct microtl_priv_mve_output *how)
{
	const uint32_t more = p->at.out_c % MVE_LANES;
	const uint32_t step = how->step;
	const int32_t *panels = p->panels;
	int8_t last[2 * MVE_LANES];

	how->channels = p->at.out_c - more;
	if (how->channels != 0) {
		panels = microtl_priv_mve_pairs(windows, panels, output, how);
	}
	if (more != 0) {
		output += how->channels;
		how->channels = how->step = MVE_LANES;
		(void)microtl_priv_mve_pairs(windows, panels, last, how);
		how->step = step;
		memcpy(output + step, last + MVE_LANES, more);
		memcpy(output, last, more);
	}
}

void microtl_kernel_mve_conv2d(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_mve_conv2d *p = op->params;
	const struct microtl_sliding *at = &p->at;
	const int8_t *image = arena + op->input;
	int8_t *output = arena + op->output;
	int8_t *windows = arena + op->scratch;
	struct microtl_priv_mve_output how = {
		.depth = p->depth,
		.step = at->out_c,
		.zero_point = p->out.zero_point,
		.min = p->out.min,
		.max = p->out.max,
	};
	uint32_t gathered = 0;

	for (int32_t y = 0; y < at->out_h; y++) {
		for (int32_t x = 0; x < at->out_w; x++) {
			gather(p, image, y, x, windows + gathered * p->depth);
			if (++gathered == 2) {
				convolve(p, windows, output, &how);
				output += 2U * at->out_c;
				gathered = 0;
			}
		}
	}
	if (gathered != 0) {
		/* What the second window holds goes where the first one's results will be. */
		how.step = 0;
		convolve(p, windows, output, &how);
	}
}
