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
#include <string.h>

#if defined(__FAST_MATH__)
#error "MicroTL's results are the same on every CPU: build it without -ffast-math"
#endif
/* 16: as 0, and CPUs with half-precision arithmetic have a format below float32. */
#if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#error "MicroTL needs float32 arithmetic: on 32-bit x86 add -msse2 -mfpmath=sse"
#endif

static inline uint32_t microtl_priv_float_bits(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

static inline float microtl_priv_bits_float(uint32_t bits)
{
	float x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

/* Neither infinite nor NaN. */
static inline bool microtl_priv_finite(float x)
{
	return (microtl_priv_float_bits(x) & UINT32_C(0x7f800000)) != UINT32_C(0x7f800000);
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
