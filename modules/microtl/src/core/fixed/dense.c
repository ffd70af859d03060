/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "dense.h"

#include "mathf.h"

/* Bits of a weight that its product with a feature leaves out: the product has a real's. */
#define WEIGHT_SHIFT (MICROTL_PARAM_BITS + MICROTL_PRIV_FEATURE_BITS - MICROTL_REAL_BITS)
#define SCALE_SHIFT  (MICROTL_PRIV_SCALE_BITS - MICROTL_PRIV_FEATURE_BITS)
#define HALF         (1 << (MICROTL_PRIV_FEATURE_BITS - 1))

void microtl_priv_dense_features(const int8_t *q, const microtl_param_t *scale,
				 const microtl_param_t *offset, int16_t *u, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int32_t x = (q[i] * scale[i] + offset[i] + (1 << (SCALE_SHIFT - 1))) >> SCALE_SHIFT;

		x = x < MICROTL_PRIV_FEATURE_MAX ? x : MICROTL_PRIV_FEATURE_MAX;
		u[i] = (int16_t)(x > -MICROTL_PRIV_FEATURE_MAX ? x : -MICROTL_PRIV_FEATURE_MAX);
	}
}

void microtl_priv_dense_forward(const microtl_param_t *weights, size_t stride, size_t rows,
				const int16_t *u, size_t count, microtl_real_t *y)
{
	for (size_t o = 0; o < rows; o++) {
		int64_t sum = y[o];

		for (size_t i = 0; i < count; i++) {
			sum += (weights[i] >> WEIGHT_SHIFT) * u[i];
		}
		y[o] = microtl_priv_clamp64(sum);
		weights += stride;
	}
}

static void update_momentum(const struct microtl_priv_update *update, microtl_param_t *weights,
			    microtl_param_t *velocity, const int16_t *u, size_t count, int32_t step)
{
	int32_t momentum = update->momentum;
	int32_t scale = update->scale;

	for (size_t i = 0; i < count; i++) {
		int32_t v =
			(velocity[i] * momentum - step * u[i] + HALF) >> MICROTL_PRIV_FEATURE_BITS;

		velocity[i] = v;
		weights[i] = microtl_priv_param_clamp(weights[i] + v * scale);
	}
}

void microtl_priv_dense_update(const struct microtl_priv_update *update, microtl_param_t *weights,
			       microtl_param_t *velocity, const int16_t *u, size_t count,
			       int32_t step)
{
	if (velocity != NULL) {
		update_momentum(update, weights, velocity, u, count, step);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		int32_t v = (HALF - step * u[i]) >> MICROTL_PRIV_FEATURE_BITS;

		weights[i] = microtl_priv_param_clamp(weights[i] + v * update->scale);
	}
}

void microtl_priv_dense_decay(microtl_param_t *weights, size_t count, microtl_real_t share)
{
	for (size_t i = 0; i < count; i++) {
		weights[i] -= (microtl_param_t)(((int64_t)weights[i] * share) >> MICROTL_REAL_BITS);
	}
}
