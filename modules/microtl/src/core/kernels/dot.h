/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Dot products of int8 vectors.
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
 * Adds the products of @a count values (x + offset), at least one, and the weights from index @a at on
 * to each lane. A function of its own, so that its loop has all registers to itself, also with -Os.
 */
void microtl_priv_dot(uint32_t acc[DOT_LANES], const struct dot_rows *rows, size_t at,
		      const int8_t *x, size_t count, int32_t offset);

#endif /* MICROTL_KERNELS_DOT_H_ */
