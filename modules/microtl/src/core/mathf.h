/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Float functions that give the same bits on every CPU, with or without an FPU: only float32 sums,
 * products and quotients in one order, and integer arithmetic on the bits.
 */

#ifndef MICROTL_CORE_MATHF_H_
#define MICROTL_CORE_MATHF_H_

#include <float.h>
#include <stdbool.h>
#include <stdint.h>

#if defined(__FAST_MATH__)
#error "MicroTL's results are the same on every CPU: build it without -ffast-math"
#endif
/* 16: as 0, and CPUs with half-precision arithmetic have a format below float32. */
#if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#error "MicroTL needs float32 arithmetic: on 32-bit x86 add -msse2 -mfpmath=sse"
#endif

/* A union: a freestanding compiler, as Zephyr's is, would really call memcpy(). */
union microtl_priv_float {
	float value;
	uint32_t bits;
};

static inline uint32_t microtl_priv_float_bits(float x)
{
	return (union microtl_priv_float){.value = x}.bits;
}

static inline float microtl_priv_bits_float(uint32_t bits)
{
	return (union microtl_priv_float){.bits = bits}.value;
}

/* Neither infinite nor NaN. */
static inline bool microtl_priv_finite(float x)
{
	return (microtl_priv_float_bits(x) & UINT32_C(0x7f800000)) != UINT32_C(0x7f800000);
}

/*
 * e^x = result 2^k, for |x| < 105: x = k ln 2 + r with |r| <= ln 2 / 2, and a minimax polynomial of
 * that range. ln 2 is taken in two parts; the first has 15 bits, so that its product with k is
 * exact. A sum with 1.5 2^23 has no room for fractions: it rounds k, and its bits count up with k.
 */
static inline float microtl_priv_exp_parts(float x, int32_t *k)
{
	float rounded = x * 1.44269504f + 0x1.8p23f;
	float whole = rounded - 0x1.8p23f;
	float r = (x - whole * 0x1.62e4p-1f) - whole * 0x1.7f7d1cp-20f;

	float p = 0.001381516456604004f;
	p = p * r + 0.008368723094463348f;
	p = p * r + 0.041668377816677094f;
	p = p * r + 0.1666652113199234f;
	p = p * r + 0.4999999403953552f;
	*k = (int32_t)(microtl_priv_float_bits(rounded) - UINT32_C(0x4b400000));
	return 1.0f + (r + r * r * p);
}

/* e^x within 1 ulp; 0 below the smallest denormal, infinity above FLT_MAX. */
float microtl_priv_expf(float x);

/* Natural logarithm within 1 ulp; -infinity for 0, NaN below. */
float microtl_priv_logf(float x);

/* cos(pi t) for 0 <= t <= 1 within 3e-7. */
float microtl_priv_cospif(float t);

/* Correctly rounded: the FPU's where there is one, else in integers. */
float microtl_priv_sqrtf(float x);
float microtl_priv_sqrtf_soft(float x);

#endif /* MICROTL_CORE_MATHF_H_ */
