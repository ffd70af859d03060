/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/kernels_mve.h>

#include <stddef.h>
#include <string.h>

#include "bytes.h"
#include "cells.h"

/** Up to sixteen channels of one call. */
struct work {
	const struct microtl_mve_depthwise *p;
	/** The input from the first of the channels on. */
	const int8_t *image;
	uint32_t first_channel, channels;
	/** Two bands: the next one is split before outputs may overwrite its first rows. */
	int8_t *cells;
	uint32_t band_size;
	/** Of the channels, with zeros around. */
	int8_t *taps;
	int8_t border[MVE_CELL_CHANNELS];
};

static uint32_t band_count(const struct microtl_sliding *at)
{
	return (at->out_h + 1U) / 2U;
}

/** Makes the cells of the four rows under two rows of outputs. */
static void split_band(const struct work *work, uint32_t number)
{
	const struct microtl_sliding *at = &work->p->at;
	int8_t *cells = work->cells + number % 2 * work->band_size + MVE_CELL_STEP * at->pad_left;
	struct microtl_priv_mve_band band = {.pixels = at->in_w, .channels = work->channels};

	for (uint32_t row = 0; row < MVE_CELL_ROWS; row++) {
		const int32_t y = (int32_t)(2 * number + row) - at->pad_top;

		if (y < 0 || y >= at->in_h) {
			band.row[row] = work->border;
		} else {
			band.row[row] = work->image + (size_t)y * at->in_w * at->in_c;
			band.step[row] = at->in_c;
		}
	}
	microtl_priv_mve_split(&band, cells);
}

static void convolve_band(const struct work *work, uint32_t number, int8_t *output)
{
	const struct microtl_mve_depthwise *p = work->p;
	const struct microtl_sliding *at = &p->at;
	const int8_t *cells = work->cells + number % 2 * work->band_size;
	const struct microtl_priv_mve_planes how = {
		.bias = p->bias + work->first_channel,
		.multiplier = p->multiplier + work->first_channel,
		.shift = p->shift + work->first_channel,
		.channels = work->channels,
		.zero_point = p->out.zero_point,
		.min = p->out.min,
		.max = p->out.max,
		.right = at->out_c,
		.below = (uint32_t)at->out_c * at->out_w,
		.columns = at->out_w,
		.rows = at->out_h - 2 * number > 1 ? 2 : 1,
	};

	output += 2 * number * how.below + work->first_channel;
	microtl_priv_mve_planes(cells, work->taps, output, &how);
}

static void convolve_channels(const struct work *work, int8_t *output)
{
	const uint32_t bands = band_count(&work->p->at);
	const int8_t *taps = work->p->taps + work->first_channel * MVE_TAPS;

	for (uint32_t i = 0; i < work->channels; i++) {
		mve_copy(work->taps + i * MVE_TAPS_SIZE + MVE_TAPS_AT, taps + i * MVE_TAPS,
			 MVE_TAPS);
	}
	split_band(work, 0);
	for (uint32_t i = 0; i < bands; i++) {
		if (i + 1 < bands) {
			split_band(work, i + 1);
		}
		convolve_band(work, i, output);
	}
}

void microtl_kernel_mve_depthwise_3x3(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_mve_depthwise *p = op->params;
	const uint32_t band_size = MVE_CELL_STEP * ((p->at.out_w + 1U) / 2U * 2U + 2U);
	struct work work = {
		.p = p,
		.cells = arena + op->scratch,
		.band_size = band_size,
		.taps = arena + op->scratch + 2 * band_size,
	};

	/* What no split and no taps overwrite stays. */
	memset(work.border, p->border, sizeof(work.border));
	memset(work.cells, p->border, 2 * band_size);
	memset(work.taps, 0, MVE_CELL_CHANNELS * MVE_TAPS_SIZE);
	for (uint32_t c = 0; c < p->at.in_c; c += MVE_CELL_CHANNELS) {
		const uint32_t left = p->at.in_c - c;

		work.image = arena + op->input + c;
		work.first_channel = c;
		work.channels = left < MVE_CELL_CHANNELS ? left : MVE_CELL_CHANNELS;
		convolve_channels(&work, arena + op->output);
	}
}
