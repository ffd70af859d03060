/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Blocks of depthwise 3x3 windows: one channel, two by two outputs at a time.
 *
 * A band is four rows of the image and some columns. A cell is the four values of a channel in one
 * column of a band; the cells of 16 channels stand side by side, that is what an interleaving
 * store makes of four vectors. Four neighbouring cells are one vector: all that two by two outputs
 * need. The 3x3 taps, put at four places in a vector of zeros, give the four outputs.
 */

#ifndef MICROTL_KERNELS_MVE_CELLS_H_
#define MICROTL_KERNELS_MVE_CELLS_H_

#include <stdint.h>

/** Channels of which cells are made at a time. */
#define MVE_CELL_CHANNELS 16
/** Rows of a band, bytes of a cell. */
#define MVE_CELL_ROWS     4
/** Bytes from a cell to that of the next column. */
#define MVE_CELL_STEP     (MVE_CELL_CHANNELS * MVE_CELL_ROWS)
/** Bytes of a channel's taps as the converter writes them: three cells. */
#define MVE_TAPS          12
/** Bytes of the taps with zeros around them, and where they lie in there. */
#define MVE_TAPS_SIZE     24
#define MVE_TAPS_AT       5

/** The rows of a band, from its first column and channel on. */
struct microtl_priv_mve_band {
	const int8_t *row[MVE_CELL_ROWS];
	/** Bytes from a pixel to the next, 0 for a border. */
	uint32_t step[MVE_CELL_ROWS];
	uint32_t pixels;
	/** 1 to 16. */
	uint32_t channels;
};

/** Makes cells of the rows of a band. */
void microtl_priv_mve_split(const struct microtl_priv_mve_band *band, int8_t *cells);

/** How channels become outputs; assembly reads it by offset. */
struct microtl_priv_mve_planes {
	/** Of the first channel; the input's zero point is folded into the bias. */
	const int32_t *bias, *multiplier;
	/** -1 to -31. */
	const int8_t *shift;
	uint32_t channels;
	int32_t zero_point, min, max;
	/** Bytes from an output to the one at its right, and to the one below. */
	uint32_t right, below;
	uint32_t columns;
	/** 1 or 2. */
	uint32_t rows;
};

/**
 * Works out one or two rows of outputs.
 *
 * @param cells The first cell of the first channel.
 * @param taps  MVE_TAPS_SIZE bytes a channel.
 */
void microtl_priv_mve_planes(const int8_t *cells, const int8_t *taps, int8_t *output,
			     const struct microtl_priv_mve_planes *how);

#endif /* MICROTL_KERNELS_MVE_CELLS_H_ */
