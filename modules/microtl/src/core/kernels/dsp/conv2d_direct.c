/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/kernels_dsp.h>

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "../sliding.h"
#include "pairs.h"

/** What the windows are made of. */
struct source {
	const struct microtl_dsp_conv2d *p;
	const int8_t *image;
	/** Values of one row of the window. */
	size_t row_size;
	/** A row of the window for each of two pixels, where a part of it is border. */
	int8_t *border[2];
};

/** The place of an output pixel. */
struct pixel {
	int32_t y, x;
};

static struct pixel next_pixel(const struct microtl_sliding *at, struct pixel pixel)
{
	pixel.x++;
	return pixel.x < at->out_w ? pixel : (struct pixel){pixel.y + 1, 0};
}

/** Row @a row of a pixel's window: where it lies in the image, or a copy with the border. */
static const int8_t *window_row(const struct source *source, struct pixel pixel, int32_t row,
				int8_t *copy)
{
	const struct microtl_sliding *at = &source->p->at;
	const int32_t y = pixel.y * at->stride_h - at->pad_top + row;
	const int32_t left = pixel.x * at->stride_w - at->pad_left;
	const struct taps x = taps_inside(left, at->kernel_w, 1, at->in_w);
	const size_t place = (size_t)y * at->in_w + (size_t)x.position;
	const bool inside = y >= 0 && y < at->in_h;

	if (inside && x.count == at->kernel_w) {
		return source->image + place * at->in_c;
	}
	memset(copy, source->p->border, source->row_size);
	if (inside) {
		memcpy(copy + (size_t)x.first * at->in_c, source->image + place * at->in_c,
		       (size_t)x.count * at->in_c);
	}
	return copy;
}

static void gather(const struct source *source, struct pixel first, struct pixel second,
		   uint32_t *widened)
{
	const uint32_t quads = source->p->row_quads;

	for (int32_t row = 0; row < source->p->at.kernel_h; row++) {
		microtl_priv_dsp_widen_pair(window_row(source, first, row, source->border[0]),
					    window_row(source, second, row, source->border[1]),
					    widened, quads);
		widened += 2 * DSP_QUAD_WORDS * quads;
	}
}

static inline void convolve(const struct microtl_op *op, int8_t *arena, dsp_pairs_block block)
{
	const struct microtl_dsp_conv2d *p = op->params;
	const struct microtl_sliding *at = &p->at;
	const uint32_t quads = (uint32_t)at->kernel_h * p->row_quads;
	const struct dsp_pairs pairs = dsp_pairs(p, quads);
	const size_t row_size = (size_t)at->kernel_w * at->in_c;
	uint32_t *widened = (uint32_t *)(void *)(arena + op->scratch);
	int8_t *border = (int8_t *)(widened + 2 * DSP_QUAD_WORDS * quads);
	const struct source source = {p, arena + op->input, row_size, {border, border + row_size}};
	int8_t *output = arena + op->output;
	struct pixel first = {0, 0};

	while (first.y < at->out_h) {
		const struct pixel second = next_pixel(at, first);
		const bool alone = second.y == at->out_h;

		gather(&source, first, alone ? first : second, widened);
		dsp_pairs_run(&pairs, block, widened, output, alone);
		output += 2U * at->out_c;
		first = next_pixel(at, second);
	}
}

void microtl_kernel_dsp_conv2d_direct(const struct microtl_op *op, int8_t *arena)
{
	convolve(op, arena, microtl_priv_dsp_pairs);
}

void microtl_kernel_dsp_conv2d_direct_int8(const struct microtl_op *op, int8_t *arena)
{
	convolve(op, arena, microtl_priv_dsp_pairs_int8);
}
