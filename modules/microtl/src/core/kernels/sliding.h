/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Where a sliding window lies in its image.
 */

#ifndef MICROTL_KERNELS_SLIDING_H_
#define MICROTL_KERNELS_SLIDING_H_

#include <stdint.h>

/** The taps of a window, along one axis, that lie inside the image. */
struct taps {
	/** First tap inside, and how many there are; all members are 0 where there is none. */
	int32_t first, count;
	/** Position of the first tap in the image. */
	int32_t position;
};

/**
 * Taps of a window whose first tap is at @a origin, which may be outside an image of @a size
 * pixels. Divides at the border only: a division is slow where the CPU has none.
 */
static inline struct taps taps_inside(int32_t origin, int32_t kernel, int32_t dilation,
				      int32_t size)
{
	int32_t first = 0;
	int32_t end = kernel;

	if (origin < 0) {
		first = (dilation - 1 - origin) / dilation;
	}
	if (origin + (kernel - 1) * dilation >= size) {
		end = origin < size ? (size - 1 - origin) / dilation + 1 : 0;
	}
	if (end <= first) {
		return (struct taps){0};
	}
	return (struct taps){
		.first = first,
		.count = end - first,
		.position = origin + first * dilation,
	};
}

#endif /* MICROTL_KERNELS_SLIDING_H_ */
