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

/** Adds the products of count values (x + offset) and weights from index @a at on to each lane. */
static inline void dot(uint32_t acc[DOT_LANES], const int8_t *x, int32_t offset,
		       const struct dot_rows *rows, size_t at, size_t count)
{
	const int8_t *w0 = rows->row[0] + at;
	const int8_t *w1 = rows->row[1] + at;
	const int8_t *w2 = rows->row[2] + at;
	const int8_t *w3 = rows->row[3] + at;
	uint32_t acc0 = acc[0];
	uint32_t acc1 = acc[1];
	uint32_t acc2 = acc[2];
	uint32_t acc3 = acc[3];

	for (const int8_t *end = x + count; x != end; x++) {
		const int32_t value = *x + offset;

		acc0 += (uint32_t)(value * *w0++);
		acc1 += (uint32_t)(value * *w1++);
		acc2 += (uint32_t)(value * *w2++);
		acc3 += (uint32_t)(value * *w3++);
	}
	acc[0] = acc0;
	acc[1] = acc1;
	acc[2] = acc2;
	acc[3] = acc3;
}

#endif /* MICROTL_KERNELS_DOT_H_ */
