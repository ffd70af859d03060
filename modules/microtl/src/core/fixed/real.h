/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Sums and quotients of the gate and of a training job, in integers; see core/real.h. */

#ifndef MICROTL_CORE_FIXED_REAL_H_
#define MICROTL_CORE_FIXED_REAL_H_

#include <stdbool.h>
#include <stdint.h>

#include <microtl/real.h>

#include "mathf.h"

static inline bool microtl_priv_real_finite(microtl_real_t x)
{
	(void)x;
	return true;
}

static inline microtl_real_t microtl_priv_real_product(microtl_real_t a, microtl_real_t b)
{
	return microtl_priv_clamp64(((int64_t)a * b) >> MICROTL_REAL_BITS);
}

static inline microtl_real_t microtl_priv_real_share(microtl_real_t x, uint32_t count)
{
	return x / (int32_t)count;
}

static inline microtl_real_t microtl_priv_real_ratio(uint32_t part, uint32_t whole)
{
	return (microtl_real_t)(((uint64_t)part << MICROTL_REAL_BITS) / whole);
}

static inline microtl_real_t microtl_priv_sum_mean(microtl_sum_t sum, uint32_t count)
{
	return (microtl_real_t)(sum / (int64_t)count);
}

static inline microtl_sum_t microtl_priv_square_product(microtl_real_t a, microtl_real_t b)
{
	return (int64_t)a * b;
}

static inline microtl_sum_t microtl_priv_square_ratio(uint32_t part, uint32_t whole)
{
	return ((int64_t)part << (2 * MICROTL_REAL_BITS)) / ((int64_t)whole * whole);
}

static inline microtl_real_t microtl_priv_square_root(microtl_sum_t sum)
{
	return (microtl_real_t)microtl_priv_root((uint64_t)sum);
}

static inline microtl_real_t microtl_priv_standard_error(microtl_sum_t sum, uint16_t count)
{
	return microtl_priv_square_root(sum / ((int64_t)(count - 1) * count));
}

static inline microtl_real_t microtl_priv_wilson_bound(uint16_t part, uint16_t whole,
						       microtl_real_t sigmas)
{
	/* 32 fraction bits below the root, 16 above it; all else has those of a real number. */
	int64_t z = ((int64_t)sigmas * sigmas) >> MICROTL_REAL_BITS;
	uint64_t square = (((uint64_t)part * (uint64_t)(whole - part)) << 32) / whole +
			  ((uint64_t)z << 12) / 4U;
	int64_t spread = ((int64_t)sigmas * microtl_priv_root(square)) >> 16;
	int64_t above = ((int64_t)part << MICROTL_REAL_BITS) + z / 2 + spread;
	int64_t below = ((int64_t)whole << MICROTL_REAL_BITS) + z;

	return microtl_priv_clamp64(above * (1 << MICROTL_REAL_BITS) / below);
}

#endif /* MICROTL_CORE_FIXED_REAL_H_ */
