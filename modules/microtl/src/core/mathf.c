/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "mathf.h"

#define INFINITY_BITS UINT32_C(0x7f800000)
#define NAN_BITS      UINT32_C(0x7fc00000)

/* ln 2 in two parts; the first has 15 bits, so that its product with an exponent is exact. */
static const float ln2_high = 0x1.62e4p-1f;
static const float ln2_low = 0x1.7f7d1cp-20f;

/* 2^k for -126 <= k <= 127. */
static float power_of_two(int32_t k)
{
	return microtl_priv_bits_float((uint32_t)(k + 127) << 23);
}

/* x * 2^k for -252 <= k <= 254, rounded once: of a normal x only the last product is inexact. */
static float scale_by_power(float x, int32_t k)
{
	int32_t half = k / 2;

	return x * power_of_two(half) * power_of_two(k - half);
}

float microtl_priv_expf(float x)
{
	if (!(x < 88.8f)) {
		return x != x ? x : microtl_priv_bits_float(INFINITY_BITS);
	}
	if (x < -104.0f) {
		return 0.0f;
	}

	int32_t k;
	float parts = microtl_priv_exp_parts(x, &k);
	return scale_by_power(parts, k);
}

float microtl_priv_logf(float x)
{
	if (!(x > 0.0f)) {
		return microtl_priv_bits_float(x == 0.0f ? INFINITY_BITS | UINT32_C(0x80000000)
							 : NAN_BITS);
	}
	if (!microtl_priv_finite(x)) {
		return x;
	}

	int32_t k = 0;
	if (x < FLT_MIN) {
		x *= 0x1p25f;
		k = -25;
	}
	/* x = 2^k (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2). */
	uint32_t bits = microtl_priv_float_bits(x) - UINT32_C(0x3f3504f3);
	k += (int32_t)bits >> 23;
	float f =
		microtl_priv_bits_float((bits & UINT32_C(0x7fffff)) + UINT32_C(0x3f3504f3)) - 1.0f;

	/* log(1 + f) = 2 atanh(s), s = f / (2 + f), written so that f stays exact. */
	float s = f / (2.0f + f);
	float z = s * s;
	float p = 2.0f / 11.0f;
	p = p * z + 2.0f / 9.0f;
	p = p * z + 2.0f / 7.0f;
	p = p * z + 2.0f / 5.0f;
	p = p * z + 2.0f / 3.0f;
	return (float)k * ln2_high + (f - (s * (f - z * p) - (float)k * ln2_low));
}

float microtl_priv_cospif(float t)
{
	float sign = t > 0.5f ? -1.0f : 1.0f;

	/* Taylor series of cos x at x = pi t <= pi / 2, up to x^12 / 12!. */
	float x = 3.14159265f * (t > 0.5f ? 1.0f - t : t);
	float z = x * x;
	float p = 1.0f / 479001600.0f;
	p = p * z - 1.0f / 3628800.0f;
	p = p * z + 1.0f / 40320.0f;
	p = p * z - 1.0f / 720.0f;
	p = p * z + 1.0f / 24.0f;
	p = p * z - 0.5f;
	return sign * (p * z + 1.0f);
}

/* Digit by digit on integers; the remainder decides the last rounding, so it is correct. */
float microtl_priv_sqrtf_soft(float x)
{
	uint32_t bits = microtl_priv_float_bits(x);

	if ((bits << 1) == 0U || bits == INFINITY_BITS) {
		return x;
	}
	if (bits >= INFINITY_BITS) {
		return microtl_priv_bits_float(NAN_BITS);
	}

	int32_t exponent = (int32_t)(bits >> 23);
	uint32_t mantissa = bits & UINT32_C(0x7fffff);
	if (exponent == 0) {
		exponent = 1;
		while ((mantissa & UINT32_C(0x800000)) == 0U) {
			mantissa <<= 1;
			exponent--;
		}
	} else {
		mantissa |= UINT32_C(0x800000);
	}
	exponent -= 127;
	if ((exponent & 1) != 0) {
		mantissa <<= 1;
		exponent--;
	}

	/* root = floor(sqrt(mantissa * 2^25)): 24 bits and one to round by. */
	uint32_t root = 0U;
	uint32_t rest = 0U;
	uint32_t digits = mantissa << 7;
	for (int i = 0; i < 25; i++) {
		rest = (rest << 2) | (digits >> 30);
		digits <<= 2;
		uint32_t trial = (root << 2) | 1U;
		root <<= 1;
		if (rest >= trial) {
			rest -= trial;
			root |= 1U;
		}
	}
	/* A root of 24 bits squared has no half: the lowest bit alone rounds. */
	root = (root + 1U) >> 1;
	return microtl_priv_bits_float(((uint32_t)(exponent / 2 + 126) << 23) + root);
}

float microtl_priv_sqrtf(float x)
{
#if defined(__ARM_FP) && (__ARM_FP & 0x4)
	float root;

	__asm__("vsqrt.f32 %0, %1" : "=t"(root) : "t"(x));
	return root;
#elif defined(__SSE2__)
	float root;

	__asm__("sqrtss %1, %0" : "=x"(root) : "x"(x));
	return root;
#else
	return microtl_priv_sqrtf_soft(x);
#endif
}
