/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * What the gate and a training job calculate, in the arithmetic of the build: here in float, in
 * fixed/real.h with a fixed point. The other files between features and verdict have a namesake in
 * fixed/ that takes their place; those that have none are the same for both.
 */

#ifndef MICROTL_CORE_REAL_H_
#define MICROTL_CORE_REAL_H_

#include <microtl/real.h>

#if MICROTL_ARITHMETIC_FIXED
#include "fixed/real.h"
#else

#include "mathf.h"

/* Neither infinite nor NaN. */
static inline bool microtl_priv_real_finite(microtl_real_t x)
{
	return microtl_priv_finite(x);
}

static inline microtl_real_t microtl_priv_real_product(microtl_real_t a, microtl_real_t b)
{
	return a * b;
}

/* x / count. */
static inline microtl_real_t microtl_priv_real_share(microtl_real_t x, uint32_t count)
{
	return x / (float)count;
}

/* part / whole. */
static inline microtl_real_t microtl_priv_real_ratio(uint32_t part, uint32_t whole)
{
	return (float)part / (float)whole;
}

static inline microtl_real_t microtl_priv_sum_mean(microtl_sum_t sum, uint32_t count)
{
	return sum / (float)count;
}

/* The terms of a sum of squares. */
static inline microtl_sum_t microtl_priv_square_product(microtl_real_t a, microtl_real_t b)
{
	return a * b;
}

static inline microtl_sum_t microtl_priv_square_ratio(uint32_t part, uint32_t whole)
{
	return (float)part / ((float)whole * (float)whole);
}

/* Root of a sum of squares. */
static inline microtl_real_t microtl_priv_square_root(microtl_sum_t sum)
{
	return microtl_priv_sqrtf(sum);
}

/* Standard error of a mean of count > 1 values, from the sum of their squared deviations. */
static inline microtl_real_t microtl_priv_standard_error(microtl_sum_t sum, uint16_t count)
{
	float n = (float)count;

	return microtl_priv_sqrtf(sum / ((n - 1.0f) * n));
}

/* Wilson's upper bound, so many standard errors above the share that was seen. */
static inline microtl_real_t microtl_priv_wilson_bound(uint16_t part, uint16_t whole,
						       microtl_real_t sigmas)
{
	float n = (float)whole;
	float right = (float)part;
	float z = sigmas * sigmas;
	float spread = microtl_priv_sqrtf(right * (n - right) / n + z / 4.0f);

	return (right + z / 2.0f + sigmas * spread) / (n + z);
}

#endif

#endif /* MICROTL_CORE_REAL_H_ */
