/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief What a head is computed with: float32, or int32 with a fixed point.
 *
 * Fixed point is for CPUs without an FPU: training takes a tenth of the instructions there, and no
 * float library is linked. The whole program has one arithmetic: MICROTL_ARITHMETIC_FIXED is 1 in
 * all of its files, or in none. In Zephyr Kconfig says it, CONFIG_MICROTL_ARITHMETIC_FIXED.
 *
 * | type | float | fixed | what |
 * |---|---|---|---|
 * | microtl_param_t | float32 | Q8.23, used within +-64 | weights, biases, their velocities |
 * | microtl_real_t | float32 | Q11.20 | scores, probabilities, losses, rates, margins |
 *
 * Conversions cost no float code on the device where they are left to the compiler: write
 * constants as MICROTL_REAL(0.05), and read results with microtl_real_permille().
 */

#ifndef MICROTL_REAL_H_
#define MICROTL_REAL_H_

#include <float.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef MICROTL_ARITHMETIC_FIXED
#define MICROTL_ARITHMETIC_FIXED 0
#endif

#if MICROTL_ARITHMETIC_FIXED

/** A real number with MICROTL_REAL_BITS fraction bits: -2048..2048 in steps of a millionth. */
typedef int32_t microtl_real_t;
/** A parameter with MICROTL_PARAM_BITS fraction bits. */
typedef int32_t microtl_param_t;
/** Sums of many real numbers, and of their squares (with twice the fraction bits). */
typedef int64_t microtl_sum_t;

#define MICROTL_REAL_BITS  20
#define MICROTL_PARAM_BITS 23

/** The constant @a x; worked out by the compiler. */
#define MICROTL_REAL(x)                                                                            \
	((microtl_real_t)((x) * (double)(1 << MICROTL_REAL_BITS) + ((x) < 0 ? -0.5 : 0.5)))
#define MICROTL_REAL_MAX INT32_MAX

#else

typedef float microtl_real_t;
typedef float microtl_param_t;
typedef float microtl_sum_t;

#define MICROTL_REAL(x)  ((microtl_real_t)(x))
#define MICROTL_REAL_MAX FLT_MAX

#endif

/** @return @a x in thousandths, rounded, for |x| < 2048: 500 for a probability of one half. */
static inline int32_t microtl_real_permille(microtl_real_t x)
{
#if MICROTL_ARITHMETIC_FIXED
	return (int32_t)(((int64_t)x * 1000 + (1 << (MICROTL_REAL_BITS - 1))) >> MICROTL_REAL_BITS);
#else
	return (int32_t)(x * 1000.0f + (x < 0.0f ? -0.5f : 0.5f));
#endif
}

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_REAL_H_ */
