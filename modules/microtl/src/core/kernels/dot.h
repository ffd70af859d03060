/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Dot products of int8 vectors: the innermost loops of convolutions and dense layers.
 *
 * Each is a function of its own, so that its loop has all registers to itself, also with -Os.
 * Accumulators are uint32_t: sums that a nonsensical model could overflow wrap.
 */

#ifndef MICROTL_KERNELS_DOT_H_
#define MICROTL_KERNELS_DOT_H_

#include <stddef.h>
#include <stdint.h>

/** Output channels that are worked out together: each input value is loaded once for all of them.
 */
#define DOT_LANES 4

/** The weight rows of up to DOT_LANES output channels; a lane without a channel repeats the first.
 */
struct dot_rows {
	const int8_t *row[DOT_LANES];
};

static inline struct dot_rows dot_rows(const int8_t *weights, size_t row_size, uint32_t channels)
{
	return (struct dot_rows){
		.row =
			{
				weights,
				weights + (channels > 1 ? row_size : 0),
				weights + (channels > 2 ? 2 * row_size : 0),
				weights + (channels > 3 ? 3 * row_size : 0),
			},
	};
}

/**
 * Adds the products of @a count values (x + offset), at least one, and the weights from index @a at
 * on to each lane.
 */
void microtl_priv_dot(uint32_t acc[DOT_LANES], const struct dot_rows *rows, size_t at,
		      const int8_t *x, size_t count, int32_t offset);

/** The taps of a window of a depthwise convolution, as distances in the input and in the weights.
 */
struct dot_window {
	/** Rows may be 0; columns are not, unless rows are. */
	int32_t rows, columns;
	size_t row_x, row_w;
	size_t column_x, column_w;
};

/** Sums (x + offset) * w over a window, for DOT_LANES neighbouring channels. */
void microtl_priv_dot_window(uint32_t acc[DOT_LANES], const struct dot_window *window,
			     const int8_t *x, const int8_t *w, int32_t offset);

#endif /* MICROTL_KERNELS_DOT_H_ */
