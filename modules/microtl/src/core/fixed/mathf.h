/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Functions of real numbers in integers: the same bits on every CPU, whatever it can do. */

#ifndef MICROTL_CORE_FIXED_MATHF_H_
#define MICROTL_CORE_FIXED_MATHF_H_

#include <stdint.h>

#include <microtl/real.h>

/* The nearest real number there is. */
static inline microtl_real_t microtl_priv_clamp64(int64_t x)
{
	return x > MICROTL_REAL_MAX    ? MICROTL_REAL_MAX
	       : x < -MICROTL_REAL_MAX ? -MICROTL_REAL_MAX
				       : (microtl_real_t)x;
}

/* e^-x for x with the fraction bits of a real number, within 2^-12 of the result and 2^-20. */
microtl_real_t microtl_priv_exp_minus(uint32_t x);

/* Natural logarithm of 1 <= x < 4096, within 2^-12. */
microtl_real_t microtl_priv_log(uint32_t x);

/* The whole part of the root. */
uint32_t microtl_priv_root(uint64_t x);

#endif /* MICROTL_CORE_FIXED_MATHF_H_ */
