/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Softmax in fixed point. Qm.n has m integer and n fractional bits. The exponential and the
 * reciprocal follow the gemmlowp fixed-point library (fixedpoint.h), which the reference uses.
 */

#include <stddef.h>

#include <microtl/kernels.h>

#include "requant.h"

/** 1 in Q0.31, or as near to it as can be. */
#define ONE_Q0           INT32_MAX
/** 1/4 in Q5.26. */
#define QUARTER_Q5       (INT32_C(1) << 24)
/** Integer bits of the sum of exponentials. */
#define SUM_INTEGER_BITS 12

/** exp(a) for a in [-1/4, 0), Q0.31, by a Taylor polynomial around -1/8. */
static int32_t exp_of_quarter(int32_t a)
{
	const int32_t exp_eighth = 1895147668; /* exp(-1/8) */
	const int32_t third = 715827883;       /* 1/3 */
	const int32_t x = a + (INT32_C(1) << 28);
	const int32_t x2 = doubling_high_mul(x, x);
	const int32_t x3 = doubling_high_mul(x2, x);
	const int32_t x4_over_4 = divide_by_pot(doubling_high_mul(x2, x2), 2);
	const int32_t tail = divide_by_pot(doubling_high_mul(x4_over_4 + x3, third) + x2, 1);

	return exp_eighth + doubling_high_mul(exp_eighth, x + tail);
}

/** exp(a) for a of -32 to 0; Q5.26 to Q0.31. */
static int32_t exp_of_negative(int32_t a)
{
	/* exp(-2^k) for k = -2 to 4. */
	static const int32_t factor[] = {1672461947, 1302514674, 790015084, 290630308,
					 39332535,   720401,     242};
	const int32_t within = (a & (QUARTER_Q5 - 1)) - QUARTER_Q5;
	const uint32_t quarters = (uint32_t)(within - a) / QUARTER_Q5;
	int32_t result = exp_of_quarter(within * 32);

	if (a == 0) {
		return ONE_Q0;
	}
	for (uint32_t k = 0; k < sizeof(factor) / sizeof(factor[0]); k++) {
		if ((quarters >> k) & 1) {
			result = doubling_high_mul(result, factor[k]);
		}
	}
	return result;
}

/** 1 / (1 + a) for a in [0, 1), Q0.31, by Newton's division. */
static int32_t one_over_one_plus(int32_t a)
{
	const int32_t half_denominator = (int32_t)(((uint32_t)a + (UINT32_C(1) << 31)) >> 1);
	/* 48/17 and -32/17, Q2.29. */
	int32_t x = 1515870810 + doubling_high_mul(half_denominator, -1010580540);

	for (int i = 0; i < 3; i++) {
		const int32_t error = (INT32_C(1) << 29) - doubling_high_mul(half_denominator, x);

		x += doubling_high_mul(x, error) * 4;
	}
	/* x is 2 / (1 + a) in Q2.29, so half of that in Q1.30. */
	return x < INT32_C(1) << 30 ? x * 2 : INT32_MAX;
}

static int8_t row_maximum(const int8_t *x, uint32_t depth)
{
	int8_t max = INT8_MIN;

	for (uint32_t i = 0; i < depth; i++) {
		max = x[i] > max ? x[i] : max;
	}
	return max;
}

/** exp of a scaled difference to the row's maximum; 0 where it is too small to count. */
static int32_t exp_of_difference(const struct microtl_softmax *p, int32_t difference)
{
	if (difference < p->diff_min) {
		return 0;
	}
	return exp_of_negative(requantize(difference, p->input.multiplier, p->input.shift));
}

static void softmax_row(const struct microtl_softmax *p, const int8_t *x, int8_t *output)
{
	const int8_t max = row_maximum(x, p->depth);
	uint32_t sum = 0;
	int32_t exponent = SUM_INTEGER_BITS + 31 - 8;

	for (uint32_t i = 0; i < p->depth; i++) {
		const int32_t power = exp_of_difference(p, x[i] - max);

		sum += (uint32_t)divide_by_pot(power, SUM_INTEGER_BITS);
	}

	/* The maximum itself adds 1, so some bit is set. */
	while ((sum >> 31) == 0) {
		sum <<= 1;
		exponent--;
	}
	const int32_t scale = one_over_one_plus((int32_t)(sum - (UINT32_C(1) << 31)));

	for (uint32_t i = 0; i < p->depth; i++) {
		const int32_t power = exp_of_difference(p, x[i] - max);
		const int32_t probability =
			divide_by_pot(doubling_high_mul(scale, power), clamp(exponent, 0, 32));

		output[i] = (int8_t)clamp(probability + INT8_MIN, INT8_MIN, INT8_MAX);
	}
}

void microtl_kernel_softmax(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_softmax *p = op->params;

	for (uint32_t row = 0; row < p->rows; row++) {
		const size_t start = (size_t)row * p->depth;

		softmax_row(p, arena + op->input + start, arena + op->output + start);
	}
}
