/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "loss.h"

#include "layers.h"
#include "mathf.h"

/* Highest score of the classes; NaN where one is NaN. */
static float highest(const struct microtl_class_set *classes, size_t rows, const float *scores)
{
	float top = MICROTL_SCORE_NONE;

	for (size_t c = 0; c < rows; c++) {
		if (microtl_class_set_has(classes, c) && !(scores[c] <= top)) {
			top = scores[c];
		}
	}
	return top;
}

/* Sum of the exponentials of the scores less their highest; at least 1. */
static float exponential_sum(const struct microtl_class_set *classes, size_t rows,
			     const float *scores, float top)
{
	float sum = 0.0f;

	for (size_t c = 0; c < rows; c++) {
		if (microtl_class_set_has(classes, c)) {
			sum += microtl_priv_expf(scores[c] - top);
		}
	}
	return sum;
}

/*
 * e^x for x <= 0 as microtl_priv_expf() gives it, without a call, so that constants stay in
 * registers; 0 where it would be denormal, for the sum is 1 or more. NaN where x is not finite.
 */
static inline float exponential(float x)
{
	int32_t k;

	if (__builtin_expect(!(x > -87.0f), 0)) {
		return x - x;
	}
	float parts = microtl_priv_exp_parts(x, &k);
	/* 2^k adds to the exponent. */
	return microtl_priv_bits_float(microtl_priv_float_bits(parts) + ((uint32_t)k << 23));
}

/* Scores of rows that are no class, or of one that takes no part. */
static void leave_out(const struct microtl_class_set *classes, size_t rows, float *scores)
{
	for (size_t first = 0; first < rows; first += 32U) {
		size_t count = rows - first < 32U ? rows - first : 32U;
		uint32_t missing = ~classes->bits[first / 32U] & (UINT32_MAX >> (32U - count));

		for (float *score = scores + first; missing != 0U; score++) {
			if ((missing & 1U) != 0U) {
				*score = MICROTL_SCORE_NONE;
			}
			missing >>= 1;
		}
	}
}

float microtl_priv_softmax(const struct microtl_class_set *classes, size_t rows, float *scores,
			   float *top)
{
	float most = MICROTL_SCORE_NONE;
	float sum = 0.0f;

	leave_out(classes, rows, scores);
#pragma GCC unroll 2
	for (size_t c = 0; c < rows; c++) {
		if (!(scores[c] <= most)) {
			most = scores[c];
		}
	}
	for (size_t c = 0; c < rows; c++) {
		scores[c] = exponential(scores[c] - most);
		sum += scores[c];
	}
	float factor = 1.0f / sum;
#pragma GCC unroll 4
	for (size_t c = 0; c < rows; c++) {
		scores[c] *= factor;
	}
	*top = most;
	return microtl_priv_logf(sum);
}

float microtl_priv_sigmoid(float x)
{
	if (x < 0.0f) {
		float e = microtl_priv_expf(x);

		return e / (1.0f + e);
	}
	return 1.0f / (1.0f + microtl_priv_expf(-x));
}

/* log(1 + e^x) without overflow. */
static float softplus(float x)
{
	float e = microtl_priv_expf(x > 0.0f ? -x : x);
	/* log(1 + e) keeps its digits for small e: log(u) e / (u - 1), u = 1 + e (Kahan). */
	float u = 1.0f + e;
	float l = u > 1.0f ? microtl_priv_logf(u) * e / (u - 1.0f) : e;

	return (x > 0.0f ? x : 0.0f) + l;
}

static float target_of(size_t c, uint8_t label, const float *target)
{
	if (target != NULL) {
		return target[c];
	}
	return c == label ? 1.0f : 0.0f;
}

/*
 * Sum of target times score less the highest, which keeps the digits of a small loss. Zeros are
 * skipped: a score may be far away.
 */
static float expected_score(const struct microtl_class_set *classes, size_t rows, uint8_t label,
			    const float *target, float top, const float *scores)
{
	float sum = 0.0f;

	for (size_t c = 0; c < rows; c++) {
		float t = target_of(c, label, target);

		if (t != 0.0f && microtl_class_set_has(classes, c)) {
			sum += t * (scores[c] - top);
		}
	}
	return sum;
}

static float sigmoid_loss(const struct microtl_class_set *classes, size_t rows, uint8_t label,
			  const float *target, const float *scores)
{
	float sum = 0.0f;

	for (size_t c = 0; c < rows; c++) {
		if (microtl_class_set_has(classes, c)) {
			sum += softplus(scores[c]) - target_of(c, label, target) * scores[c];
		}
	}
	return sum;
}

static float squared_loss(size_t rows, uint8_t label, const float *target, const float *scores)
{
	float sum = 0.0f;

	for (size_t o = 0; o < rows; o++) {
		float error = scores[o] - target_of(o, label, target);

		sum += error * error;
	}
	return sum / (float)rows;
}

float microtl_loss_value(enum microtl_loss kind, const struct microtl_class_set *classes,
			 uint16_t rows, uint8_t label, const float *target, const float *scores)
{
	if (microtl_priv_is_sigmoid(kind)) {
		return sigmoid_loss(classes, rows, label, target, scores);
	}
	if (microtl_priv_is_mse(kind)) {
		return squared_loss(rows, label, target, scores);
	}
	if (target == NULL && !microtl_class_set_has(classes, label)) {
		return FLT_MAX;
	}
	float top = highest(classes, rows, scores);
	float sum = exponential_sum(classes, rows, scores, top);
	return microtl_priv_logf(sum) - expected_score(classes, rows, label, target, top, scores);
}

static float softmax_gradient(const struct microtl_class_set *classes, size_t rows, uint8_t label,
			      const float *target, float *scores)
{
	float top;

	if (!MICROTL_WITH_TARGETS || target == NULL) {
		bool labelled = label < rows && microtl_class_set_has(classes, label);
		float score = labelled ? scores[label] : 0.0f;
		float loss = microtl_priv_softmax(classes, rows, scores, &top);

		if (labelled) {
			scores[label] -= 1.0f;
		}
		return labelled ? loss - (score - top) : loss;
	}
	float expected = expected_score(classes, rows, label, target,
					highest(classes, rows, scores), scores);
	float loss = microtl_priv_softmax(classes, rows, scores, &top) - expected;
	for (size_t c = 0; c < rows; c++) {
		if (microtl_class_set_has(classes, c)) {
			scores[c] -= target[c];
		}
	}
	return loss;
}

float microtl_loss_gradient(enum microtl_loss kind, const struct microtl_class_set *classes,
			    uint16_t rows, uint8_t label, const float *target, float *scores)
{
	if (microtl_priv_is_softmax(kind)) {
		return softmax_gradient(classes, rows, label, target, scores);
	}
	float loss = microtl_loss_value(kind, classes, rows, label, target, scores);
	float factor = microtl_priv_is_mse(kind) ? 2.0f / (float)rows : 1.0f;
	for (size_t c = 0; c < rows; c++) {
		if (!microtl_priv_takes_part(kind, classes, c)) {
			scores[c] = 0.0f;
			continue;
		}
		float output =
			microtl_priv_is_sigmoid(kind) ? microtl_priv_sigmoid(scores[c]) : scores[c];
		scores[c] = factor * (output - target_of(c, label, target));
	}
	return loss;
}
