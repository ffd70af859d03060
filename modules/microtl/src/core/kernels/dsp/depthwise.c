/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/kernels_dsp.h>

#include <stdbool.h>
#include <string.h>

#include "blocks.h"

/** Where the taps of an output pixel lie: in the image, or in a pixel of the border. */
struct places {
	const struct microtl_sliding *at;
	/** Bytes from the start of the arena. */
	uint32_t image, border;
};

/** @param offsets Gets them, from the start of the arena on. */
static void find_taps(const struct places *places, int32_t top, int32_t left, uint32_t *offsets)
{
	const struct microtl_sliding *at = places->at;
	const int32_t bottom = top + at->kernel_h * at->dilation_h;
	const int32_t right = left + at->kernel_w * at->dilation_w;

	for (int32_t y = top; y < bottom; y += at->dilation_h) {
		for (int32_t x = left; x < right; x += at->dilation_w) {
			const bool inside = y >= 0 && y < at->in_h && x >= 0 && x < at->in_w;
			const int32_t pixel = y * at->in_w + x;

			*offsets++ = inside ? places->image + (uint32_t)pixel * at->in_c
					    : places->border;
		}
	}
}

void microtl_kernel_dsp_depthwise(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_dsp_depthwise *p = op->params;
	const struct microtl_sliding *at = &p->at;
	const struct microtl_priv_dsp_output how = {
		.quads = at->kernel_h * at->kernel_w,
		.channels = at->in_c,
		.zero_point = p->out.zero_point,
		.min = p->out.min,
		.max = p->out.max,
		.rounding = p->rounding,
	};
	uint32_t *offsets = (uint32_t *)(void *)(arena + op->scratch);
	const struct places places = {
		.at = at,
		.image = op->input,
		.border = op->scratch + (uint32_t)sizeof(*offsets) * (uint32_t)how.quads,
	};
	int8_t *output = arena + op->output;

	memset(arena + places.border, p->border, at->in_c);
	for (int32_t y = 0; y < at->out_h; y++) {
		for (int32_t x = 0; x < at->out_w; x++) {
			find_taps(&places, y * at->stride_h - at->pad_top,
				  x * at->stride_w - at->pad_left, offsets);
			microtl_priv_dsp_taps(offsets, p->filters, output, &how, arena);
			output += at->in_c;
		}
	}
}
