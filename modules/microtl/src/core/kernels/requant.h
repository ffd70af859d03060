/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Scaling of accumulators to int8, rounded twice as the reference does.
 *
 * Relies on an arithmetic right shift of negative numbers, which C leaves to the compiler and which
 * GCC, Clang and every other compiler for these targets provide. Additions and left shifts that a
 * nonsensical model could overflow wrap, by way of uint32_t.
 */

#ifndef MICROTL_KERNELS_REQUANT_H_
#define MICROTL_KERNELS_REQUANT_H_

#include <stddef.h>
#include <stdint.h>

#include <microtl/kernels.h>

static inline int32_t clamp(int32_t x, int32_t low, int32_t high)
{
	return x < low ? low : x > high ? high : x;
}

/** a * b / 2^31, ties towards plus infinity; not for both INT32_MIN. */
static inline int32_t doubling_high_mul(int32_t a, int32_t b)
{
	return (int32_t)(((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
}

/** x / 2^exponent, ties away from zero, for exponents of 0 to 32 and x above INT32_MIN. */
static inline int32_t divide_by_pot(int32_t x, int32_t exponent)
{
	if (exponent == 0) {
		return x;
	}
	/* One off negative numbers turns ties away from zero into ties upwards. */
	return (((x + (x >> 31)) >> (exponent - 1)) + 1) >> 1;
}

/** x * multiplier * 2^(shift - 31), the multiplier not negative, for shifts of -31 to 31. */
static inline int32_t requantize(int32_t x, int32_t multiplier, int32_t shift)
{
	const int32_t left = shift > 0 ? shift : 0;
	const int32_t shifted = (int32_t)((uint32_t)x << left);

	return divide_by_pot(doubling_high_mul(shifted, multiplier), left - shift);
}

/** Bias of an output channel; @a bias is NULL where there is none. */
static inline uint32_t bias_of(const int32_t *bias, uint32_t channel)
{
	return bias != NULL ? (uint32_t)bias[channel] : 0;
}

/** Adds the zero point and clamps to the range of the fused activation. */
static inline int8_t to_output(int32_t x, const struct microtl_output *out)
{
	x = (int32_t)((uint32_t)x + (uint32_t)(int32_t)out->zero_point);
	return (int8_t)clamp(x, out->min, out->max);
}

#endif /* MICROTL_KERNELS_REQUANT_H_ */
