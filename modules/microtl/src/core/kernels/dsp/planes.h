/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Blocks of depthwise 3x3 windows: one channel, two output rows at a time.
 *
 * Four channels are split into planes of int16. A word holds two values of a column, from rows r
 * and r + 1, so that SMLAD multiplies two taps of a column. A cell is the word of rows r and r + 1
 * and the word of rows r + 2 and r + 3: all that two output rows need of a column. Every word
 * stands in two cells, which is what makes the inner loop short. Written in assembly (planes_m4.S)
 * and in C (planes.c), with the same bits.
 */

#ifndef MICROTL_KERNELS_DSP_PLANES_H_
#define MICROTL_KERNELS_DSP_PLANES_H_

#include <stdint.h>

/** Channels that are split at a time: the bytes of a word. */
#define DSP_PLANE_CHANNELS 4
#define DSP_CELL_WORDS     2

/**
 * Words of a channel's filter: bias, multiplier, shift factor as in blocks.h; then for each column
 * of the window its taps (0, 1) and (1, 2), doubled.
 */
#define DSP_FILTER_WORDS 9

/** Where the pixels of two rows come from. */
struct microtl_priv_dsp_rows {
	const int8_t *upper;
	const int8_t *lower;
	/** Bytes from a pixel to the next, 0 for a border. */
	uint32_t upper_step, lower_step;
	uint32_t pixels;
};

/** Four planes; assembly reads it by offset. */
struct microtl_priv_dsp_planes {
	/** Bytes from a row of cells to the next. */
	uint32_t row_size;
	/** Bytes from a plane to the next. */
	uint32_t plane_size;
};

/** Where a plane's results go and how; assembly reads it by offset. */
struct microtl_priv_dsp_plane_output {
	/** Bytes from a pixel to the one at its right, and to the one below. */
	uint32_t right, below;
	uint32_t rows, columns;
	/** Bytes from a row of cells to the next. */
	uint32_t row_size;
	int32_t zero_point;
	int32_t min, max;
	/** An enum microtl_dsp_rounding. */
	int32_t rounding;
};

/**
 * Splits two rows of four channels into a row of words of four planes.
 *
 * @param cells First cell of the first plane: the word becomes the first of this row's cells, and
 * the second of the row above.
 */
void microtl_priv_dsp_split(const struct microtl_priv_dsp_rows *rows, uint32_t *cells,
			    const struct microtl_priv_dsp_planes *planes);

/** Works out one channel from its plane. */
void microtl_priv_dsp_plane(const uint32_t *cells, const int32_t *filter, int8_t *output,
			    const struct microtl_priv_dsp_plane_output *how);

#endif /* MICROTL_KERNELS_DSP_PLANES_H_ */
