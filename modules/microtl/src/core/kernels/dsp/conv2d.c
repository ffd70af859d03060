/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/kernels_dsp.h>

#include <stdbool.h>
#include <stddef.h>

#include "pairs.h"

/**
 * The rows of the image under the windows of one row of outputs and of the next, if there is one,
 * as int16 with the border around them. Two neighbouring outputs, which may be the last of one row
 * and the first of the next, find all their values here.
 */
struct band {
	const struct microtl_dsp_conv2d *p;
	const int8_t *image;
	/** Aligned to a word, as each row is. */
	int16_t *values;
	/** Rows it holds, and values of a row with the border. */
	uint32_t rows, row_size;
};

static void fill(int16_t *values, int16_t value, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		values[i] = value;
	}
}

/** Loads a row of the image, or border values where there is none. */
static void load_row(const struct band *band, uint32_t row, int32_t y)
{
	const struct microtl_sliding *at = &band->p->at;
	int16_t *values = band->values + row * band->row_size;
	const uint32_t before = (uint32_t)at->pad_left * at->in_c;
	uint32_t inside = (uint32_t)at->in_w * at->in_c;

	if (y < 0 || y >= at->in_h || before >= band->row_size) {
		fill(values, band->p->border, band->row_size);
		return;
	}
	if (before + inside > band->row_size) {
		/* The last columns are under no window. */
		inside = band->row_size - before;
	}
	fill(values, band->p->border, before);
	microtl_priv_dsp_widen(band->image + (size_t)y * at->in_w * at->in_c, values + before,
			       inside);
	fill(values + before + inside, band->p->border, band->row_size - before - inside);
}

/** Moves the band down to the windows of output row @a out_y; @a kept rows stay. */
static void move_band(const struct band *band, uint32_t out_y, uint32_t kept)
{
	const struct microtl_sliding *at = &band->p->at;
	const int32_t top = (int32_t)(out_y * at->stride_h) - at->pad_top;

	microtl_priv_dsp_move(
		(uint32_t *)(void *)band->values,
		(const uint32_t *)(void *)(band->values + (band->rows - kept) * band->row_size),
		kept * band->row_size / 2U);
	for (uint32_t row = kept; row < band->rows; row++) {
		load_row(band, row, top + (int32_t)row);
	}
}

static uint32_t padded_row(const struct microtl_dsp_conv2d *p)
{
	const uint32_t columns = (p->at.out_w - 1U) * p->at.stride_w;

	/* What a last quad reads over its window's row is there, too; rows start on a word. */
	return (columns * p->at.in_c + 4U * p->row_quads + 1U) / 2U * 2U;
}

static inline void convolve(const struct microtl_op *op, int8_t *arena, dsp_pairs_block block)
{
	const struct microtl_dsp_conv2d *p = op->params;
	const struct microtl_sliding *at = &p->at;
	const uint32_t quads = (uint32_t)at->kernel_h * p->row_quads;
	const struct dsp_pairs pairs = dsp_pairs(p, quads);
	uint32_t *widened = (uint32_t *)(void *)(arena + op->scratch);
	const struct band band = {
		.p = p,
		.image = arena + op->input,
		.values = (int16_t *)(void *)(widened + 2 * DSP_QUAD_WORDS * quads),
		.rows = (uint32_t)at->kernel_h + (at->out_h > 1 ? at->stride_h : 0U),
		.row_size = padded_row(p),
	};
	/* From a window to its neighbour at the right, and to the one below. */
	const uint32_t right = (uint32_t)at->stride_w * at->in_c;
	const uint32_t below = at->stride_h * band.row_size;
	struct microtl_priv_dsp_windows windows = {
		.rows = at->kernel_h,
		.quads = p->row_quads,
		.skip = (band.row_size - 4U * p->row_quads) * (uint32_t)sizeof(*band.values),
		.aligned = right % 2 == 0,
	};
	const int16_t *const last = band.values + (at->out_w - 1U) * right;
	const int16_t *first = band.values;
	int8_t *output = arena + op->output;
	uint32_t y = 0;

	move_band(&band, 0, 0);
	while (y < at->out_h) {
		const int16_t *second = first < last ? first + right : band.values + below;
		const bool alone = first == last && y + 1U == at->out_h;

		windows.first = first;
		windows.second = alone ? first : second;
		microtl_priv_dsp_gather(&windows, widened);
		dsp_pairs_run(&pairs, block, widened, output, alone);
		output += 2U * at->out_c;
		first += 2U * right;
		while (first > last && y < at->out_h) {
			first -= at->out_w * right;
			y++;
			if (y < at->out_h) {
				move_band(&band, y, at->kernel_h);
			}
		}
	}
}

void microtl_kernel_dsp_conv2d(const struct microtl_op *op, int8_t *arena)
{
	convolve(op, arena, microtl_priv_dsp_pairs);
}

void microtl_kernel_dsp_conv2d_int8(const struct microtl_op *op, int8_t *arena)
{
	convolve(op, arena, microtl_priv_dsp_pairs_int8);
}
