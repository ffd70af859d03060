/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Inner blocks of matrix products, for CPUs with the Armv7E-M DSP extension.
 *
 * Each block is written twice: in assembly (blocks_m4.S) where the CPU has SMLAD, in C (blocks.c)
 * everywhere else. Both take the same data and give the same bits.
 *
 * Values are handled four at a time, a quad: x0..x3 become two words of two int16. Which two share
 * a word is the widening's choice, and the weights are laid out alike: (x0, x2) and (x1, x3) is
 * what SXTB16 makes of four bytes, (x0, x1) and (x2, x3) is their order in memory.
 *
 * A panel holds all that a few output channels need, in the order in which it is read: biases,
 * weights, multipliers, shift factors. Biases and weights are doubled, so that SMMULR of the sum
 * and the multiplier is the reference's rounding doubling high multiplication; a shift factor is
 * 2^(32 - n), so that SMMLAR shifts right by n, rounds, and adds the zero point. That needs n from
 * 2 to 31 and sums below 2^30, which the converter checks.
 */

#ifndef MICROTL_KERNELS_DSP_BLOCKS_H_
#define MICROTL_KERNELS_DSP_BLOCKS_H_

#include <stdint.h>

#include <microtl/kernels.h>

/** microtl_priv_dsp_pairs() or microtl_priv_dsp_pairs_int8(). */
struct microtl_priv_dsp_output;
typedef const int32_t *(*dsp_pairs_block)(const uint32_t *widened, const int32_t *panels,
					  int8_t *output,
					  const struct microtl_priv_dsp_output *how);
/** microtl_priv_dsp_row() or microtl_priv_dsp_row_int8(). */
typedef const int32_t *(*dsp_row_block)(const int8_t *values, const int32_t *panels, int8_t *output,
					const struct microtl_priv_dsp_output *how);

/** Words that a quad of values takes. */
#define DSP_QUAD_WORDS 2

/** What the blocks need to know of an output; assembly reads it in this order. */
struct microtl_priv_dsp_output {
	/** Quads of one pixel. */
	int32_t quads;
	/** Bytes from the first pixel's output to the second's. */
	int32_t step;
	/** Output channels to work out: even for pairs, a multiple of four for a row. */
	int32_t channels;
	int32_t zero_point;
	int32_t min;
	int32_t max;
	/** An enum microtl_dsp_rounding. */
	int32_t rounding;
};

/**
 * Widens @a quads quads of two pixels and interleaves them: per quad, the words (x0, x2) of the
 * first and the second pixel, then (x1, x3) of both. Reads whole quads.
 */
void microtl_priv_dsp_widen_pair(const int8_t *first, const int8_t *second, uint32_t *widened,
				 uint32_t quads);

/** Widens @a count values in their order. */
void microtl_priv_dsp_widen(const int8_t *values, int16_t *widened, uint32_t count);

/** Moves words to a lower address. */
void microtl_priv_dsp_move(uint32_t *to, const uint32_t *from, uint32_t words);

/** Two windows over rows of int16; assembly reads it in this order. */
struct microtl_priv_dsp_windows {
	uint32_t rows;
	const int16_t *second;
	/** Quads of a row. */
	uint32_t quads;
	/** Bytes from the end of a row of a window to the start of the next. */
	uint32_t skip;
	const int16_t *first;
	/** Whether both windows always start on a word. */
	uint32_t aligned;
};

/**
 * Interleaves two windows: per quad, the words (x0, x1) of the first and the second window, then
 * (x2, x3) of both.
 */
void microtl_priv_dsp_gather(const struct microtl_priv_dsp_windows *windows, uint32_t *gathered);

/**
 * Two pixels, two channels at a time. A panel of two channels: bias 0 twice, bias 1 twice; per quad
 * the first words of both channels, then the second words of both; multiplier 0, 1; shift factor
 * 0, 1.
 *
 * @return What follows the last panel that was used.
 */
const int32_t *microtl_priv_dsp_pairs(const uint32_t *widened, const int32_t *panels,
				      int8_t *output, const struct microtl_priv_dsp_output *how);

/**
 * One vector, four channels at a time. A panel of four channels: 4 biases; per two quads four words
 * of each channel in turn; 4 multipliers; 4 shift factors. Reads an even number of quads, aligned
 * to 4 bytes; what lies behind the vector meets weights of zero.
 *
 * @return What follows the last panel that was used.
 */
const int32_t *microtl_priv_dsp_row(const int8_t *values, const int32_t *panels, int8_t *output,
				    const struct microtl_priv_dsp_output *how);

/**
 * The same on weights of int8 that are not doubled, as are the biases; the sums must stay below
 * 2^30. A panel of two channels: bias 0, 1; per quad the four weights of each channel, in the order
 * in which SXTB16 makes the words of them; multipliers and shift factors.
 */
const int32_t *microtl_priv_dsp_pairs_int8(const uint32_t *widened, const int32_t *panels,
					   int8_t *output,
					   const struct microtl_priv_dsp_output *how);

/** A panel of four channels: 4 biases; per quad four weights of each; multipliers, factors. */
const int32_t *microtl_priv_dsp_row_int8(const int8_t *values, const int32_t *panels,
					 int8_t *output, const struct microtl_priv_dsp_output *how);

/**
 * One pixel of a depthwise convolution, four channels at a time. A panel of four channels: 4
 * biases; per tap a word of four weights; multipliers, factors. Weights and biases are not doubled.
 *
 * @param offsets Where each tap's first channel lies, bytes from @a arena; how->quads of them.
 */
void microtl_priv_dsp_taps(const uint32_t *offsets, const int32_t *panels, int8_t *output,
			   const struct microtl_priv_dsp_output *how, const int8_t *arena);

#endif /* MICROTL_KERNELS_DSP_BLOCKS_H_ */
