/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/kernels_dsp.h>

#include <stddef.h>
#include <string.h>

#include "planes.h"

/** One call: planes and their geometry. */
struct work {
	const struct microtl_dsp_depthwise *p;
	/** First cell of the first plane: behind the row of cells that only the split writes to. */
	uint32_t *cells;
	struct microtl_priv_dsp_planes planes;
	/** Four border values. */
	int8_t border[DSP_PLANE_CHANNELS];
};

static uint32_t row_pairs(const struct microtl_sliding *at)
{
	return (at->out_h + 1U) / 2U;
}

/** Fills all cells with the border: what the splits do not overwrite stays. */
static void fill_borders(const struct work *work, uint32_t *cells)
{
	const uint16_t value = (uint16_t)(int16_t)work->p->border;
	const uint32_t word = (uint32_t)value | (uint32_t)value << 16;
	const uint32_t count = DSP_PLANE_CHANNELS * work->planes.plane_size / sizeof(*cells);

	for (uint32_t i = 0; i < count; i++) {
		cells[i] = word;
	}
}

/** Points to a row of the image from channel @a channels on, or to the border. */
static const int8_t *image_row(const struct work *work, const int8_t *channels, int32_t y,
			       uint32_t *step)
{
	const struct microtl_sliding *at = &work->p->at;

	if (y < 0 || y >= at->in_h) {
		*step = 0;
		return work->border;
	}
	*step = at->in_c;
	return channels + (size_t)y * at->in_w * at->in_c;
}

/** Splits four channels of the whole image. */
static void split_image(const struct work *work, const int8_t *channels)
{
	const struct microtl_sliding *at = &work->p->at;
	uint32_t *cells = work->cells + DSP_CELL_WORDS * at->pad_left;
	struct microtl_priv_dsp_rows rows = {.pixels = at->in_w};

	for (uint32_t k = 0; k <= row_pairs(at); k++) {
		const int32_t y = (int32_t)(2 * k) - at->pad_top;

		rows.upper = image_row(work, channels, y, &rows.upper_step);
		rows.lower = image_row(work, channels, y + 1, &rows.lower_step);
		microtl_priv_dsp_split(&rows, cells, &work->planes);
		cells += work->planes.row_size / sizeof(*cells);
	}
}

/** A channel's filter from taps of int8. */
static void expand_filter(const struct microtl_dsp_depthwise *p, uint32_t channel,
			  int32_t filter[DSP_FILTER_WORDS])
{
	const int8_t *taps = p->taps + 9U * channel;

	memcpy(filter, p->filters + 3U * channel, 3 * sizeof(*filter));
	for (uint32_t column = 0; column < 3; column++) {
		const int32_t top = 2 * taps[column];
		const int32_t middle = 2 * taps[3 + column];
		const int32_t bottom = 2 * taps[6 + column];

		filter[3 + 2 * column] = (int32_t)((uint32_t)middle << 16 | (uint16_t)top);
		filter[4 + 2 * column] = (int32_t)((uint32_t)bottom << 16 | (uint16_t)middle);
	}
}

void microtl_kernel_dsp_depthwise_3x3(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_dsp_depthwise *p = op->params;
	const struct microtl_sliding *at = &p->at;
	const uint32_t row_size = 4U * DSP_CELL_WORDS * (at->out_w + 2U);
	const struct microtl_priv_dsp_plane_output how = {
		.right = at->out_c,
		.below = (uint32_t)at->out_c * at->out_w,
		.rows = at->out_h,
		.columns = at->out_w,
		.row_size = row_size,
		.zero_point = p->out.zero_point,
		.min = p->out.min,
		.max = p->out.max,
		.rounding = p->rounding,
	};
	uint32_t *scratch = (uint32_t *)(void *)(arena + op->scratch);
	struct work work = {
		.p = p,
		.cells = scratch + row_size / sizeof(*scratch),
		.planes = {row_size, row_size * (row_pairs(at) + 2U)},
	};

	memset(work.border, p->border, sizeof(work.border));
	fill_borders(&work, scratch);
	for (uint32_t c = 0; c < at->in_c; c += DSP_PLANE_CHANNELS) {
		split_image(&work, arena + op->input + c);
		for (uint32_t i = 0; i < DSP_PLANE_CHANNELS; i++) {
			const uint32_t *cells =
				work.cells + i * work.planes.plane_size / sizeof(*scratch);
			const int32_t *filter = p->filters + (c + i) * DSP_FILTER_WORDS;
			int32_t expanded[DSP_FILTER_WORDS];

			if (p->taps != NULL) {
				expand_filter(p, c + i, expanded);
				filter = expanded;
			}
			microtl_priv_dsp_plane(cells, filter, arena + op->output + c + i, &how);
		}
	}
}
