/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/kernels_dsp.h>

#include <stddef.h>
#include <string.h>

#include "pairs.h"

/** One call: where the image lies, and room for the rows of two windows. */
struct work {
	const struct microtl_dsp_conv2d *p;
	const int8_t *image;
	/** Values of a row of the window, and those inside the image before it is filled up. */
	uint32_t row_size;
	int8_t *row[2];
	uint32_t *widened;
};

/** A window's place: its first tap, which may lie outside the image. */
struct place {
	int32_t y, x;
};

static struct place place_of(const struct microtl_sliding *at, uint32_t pixel)
{
	const uint32_t out_y = pixel / at->out_w;
	const uint32_t out_x = pixel % at->out_w;

	return (struct place){
		.y = (int32_t)(out_y * at->stride_h) - at->pad_top,
		.x = (int32_t)(out_x * at->stride_w) - at->pad_left,
	};
}

/** Copies row @a y of a window to @a row, border values where it lies outside of the image. */
static void fill_row(const struct work *work, int32_t y, int32_t x, int8_t *row)
{
	const struct microtl_sliding *at = &work->p->at;
	const int32_t first = x < 0 ? -x : 0;
	const int32_t end = x + at->kernel_w > at->in_w ? at->in_w - x : at->kernel_w;

	if (y < 0 || y >= at->in_h || first >= end) {
		memset(row, work->p->border, work->row_size);
		return;
	}
	const uint32_t before = (uint32_t)first * at->in_c;
	const uint32_t inside = (uint32_t)(end - first) * at->in_c;

	memset(row, work->p->border, before);
	memcpy(row + before, work->image + ((size_t)y * at->in_w + (size_t)(x + first)) * at->in_c,
	       inside);
	memset(row + before + inside, work->p->border, work->row_size - before - inside);
}

/**
 * Row @a y of a window: in the image where all of it is there, else a copy. What follows a row that
 * is no whole number of quads meets weights of zero.
 */
static const int8_t *window_row(const struct work *work, int32_t y, int32_t x, int8_t *copy)
{
	const struct microtl_sliding *at = &work->p->at;

	if (y >= 0 && y < at->in_h && x >= 0 && x + at->kernel_w <= at->in_w) {
		return work->image + ((size_t)y * at->in_w + (size_t)x) * at->in_c;
	}
	fill_row(work, y, x, copy);
	return copy;
}

static void widen_windows(const struct work *work, const struct place place[2])
{
	const uint32_t quads = work->p->row_quads;
	uint32_t *widened = work->widened;

	for (int32_t row = 0; row < work->p->at.kernel_h; row++) {
		const int8_t *first = window_row(work, place[0].y + row, place[0].x, work->row[0]);
		const int8_t *second = window_row(work, place[1].y + row, place[1].x, work->row[1]);

		microtl_priv_dsp_widen_pair(first, second, widened, quads);
		widened += 2 * DSP_QUAD_WORDS * quads;
	}
}

void microtl_kernel_dsp_conv2d(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_dsp_conv2d *p = op->params;
	const uint32_t quads = (uint32_t)p->at.kernel_h * p->row_quads;
	const uint32_t pixels = (uint32_t)p->at.out_h * p->at.out_w;
	const struct dsp_pairs pairs = dsp_pairs(p, quads);
	int8_t *rows = arena + op->scratch + 4 * 2 * DSP_QUAD_WORDS * quads;
	const struct work work = {
		.p = p,
		.image = arena + op->input,
		.row_size = (uint32_t)p->at.kernel_w * p->at.in_c,
		.row = {rows, rows + 4 * p->row_quads},
		.widened = (uint32_t *)(void *)(arena + op->scratch),
	};

	memset(rows, 0, 2U * 4U * p->row_quads);
	for (uint32_t i = 0; i < pixels; i += 2) {
		const bool alone = i + 1 == pixels;
		const struct place place[2] = {
			place_of(&p->at, i),
			place_of(&p->at, alone ? i : i + 1),
		};

		widen_windows(&work, place);
		dsp_pairs_run(&pairs, work.widened, arena + op->output + i * p->at.out_c, alone);
	}
}
