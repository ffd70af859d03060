/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief The DSP extension's instructions in C, for the C form of the blocks.
 */

#ifndef MICROTL_KERNELS_DSP_ARITHMETIC_H_
#define MICROTL_KERNELS_DSP_ARITHMETIC_H_

#include <stdint.h>

#include <microtl/kernels_dsp.h>

#include "../requant.h"

/** What a block does with its sums. */
struct dsp_finish {
	int32_t zero_point, min, max;
	/** An enum microtl_dsp_rounding. */
	int32_t rounding;
};

/** Two int16 in a word. */
static inline uint32_t dsp_two(int8_t low, int8_t high)
{
	return (uint32_t)(uint16_t)low | (uint32_t)(uint16_t)high << 16;
}

/** SMLAD without the accumulation. */
static inline uint32_t dsp_dual(uint32_t a, uint32_t b)
{
	const int32_t low = (int16_t)a * (int16_t)b;
	const int32_t high = (int16_t)(a >> 16) * (int16_t)(b >> 16);

	return (uint32_t)low + (uint32_t)high;
}

/** SMMULR and SMMLAR: high word of a * b + c * 2^32, rounded. */
static inline int32_t dsp_high_rounded(int32_t a, int32_t b, int32_t c)
{
	const int64_t sum = (int64_t)a * b + (int64_t)c * (INT64_C(1) << 32);

	return (int32_t)((sum + (INT64_C(1) << 31)) >> 32);
}

/** A doubled sum to int8. */
static inline int8_t dsp_finish(uint32_t sum, int32_t multiplier, int32_t factor,
				struct dsp_finish how)
{
	int32_t x = dsp_high_rounded((int32_t)sum, multiplier, 0);

	if (how.rounding != MICROTL_DSP_RECTIFIED) {
		x += x >> 31;
	}
	x = clamp(dsp_high_rounded(x, factor, how.zero_point), INT8_MIN, INT8_MAX);
	if (how.rounding == MICROTL_DSP_CLAMPED) {
		x = clamp(x, how.min, how.max);
	}
	return (int8_t)x;
}

#endif /* MICROTL_KERNELS_DSP_ARITHMETIC_H_ */
