/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Inner blocks of matrix products, for CPUs with Helium's integer vectors.
 *
 * Each block is written twice: for Helium (blocks_helium.S, row_helium.c) and in C (blocks.c) for
 * every other CPU. Both take the same data and give the same bits.
 *
 * A panel holds all that four output channels need, in the order in which it is read: 4 biases; per
 * 16 values of depth the 16 weights of each channel in turn; 4 multipliers; 4 shifts of a byte. The
 * input's zero point is folded into the biases. Shifts are -1 to -31, and no sum leaves int32: the
 * converter checks both.
 */

#ifndef MICROTL_KERNELS_MVE_BLOCKS_H_
#define MICROTL_KERNELS_MVE_BLOCKS_H_

#include <stdint.h>

#include <microtl/kernels_mve.h>

/** Channels of a panel. */
#define MVE_LANES 4

/** What the blocks need to know of an output; assembly reads it in this order. */
struct microtl_priv_mve_output {
	/** Bytes of one pixel's window, whole vectors. */
	uint32_t depth;
	/** Bytes from the first pixel's output to the second's. */
	uint32_t step;
	/** Output channels to work out, a multiple of four. */
	uint32_t channels;
	int32_t zero_point;
	int32_t min;
	int32_t max;
};

/**
 * Two pixels, four channels at a time; the windows lie behind each other. The first pixel's results
 * are stored last, so with a step of 0 they are what stays.
 *
 * @return What follows the last panel that was used.
 */
const int32_t *microtl_priv_mve_pairs(const int8_t *windows, const int32_t *panels, int8_t *output,
				      const struct microtl_priv_mve_output *how);

/** One pixel, four channels at a time; otherwise as microtl_priv_mve_pairs(). */
const int32_t *microtl_priv_mve_row(const int8_t *values, const int32_t *panels, int8_t *output,
				    const struct microtl_priv_mve_output *how);

#endif /* MICROTL_KERNELS_MVE_BLOCKS_H_ */
