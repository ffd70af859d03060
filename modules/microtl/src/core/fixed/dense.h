/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * The loops that training spends its time in. Products of 32 bits are all that they need, which
 * every CPU has: features have 8 fraction bits and stay within +-31, weights within +-64.
 */

#ifndef MICROTL_CORE_FIXED_DENSE_H_
#define MICROTL_CORE_FIXED_DENSE_H_

#include <stddef.h>
#include <stdint.h>

#include <microtl/real.h>

/* Fraction bits of a feature, and the feature that is 1: what a bias is multiplied by. */
#define MICROTL_PRIV_FEATURE_BITS 8
#define MICROTL_PRIV_FEATURE_ONE  (1 << MICROTL_PRIV_FEATURE_BITS)

/* Fraction bits of a feature's scale and offset. */
#define MICROTL_PRIV_SCALE_BITS 16

/* Bounds of features and parameters. */
#define MICROTL_PRIV_FEATURE_MAX (31 << MICROTL_PRIV_FEATURE_BITS)
#define MICROTL_PRIV_PARAM_MAX   (INT32_C(64) << MICROTL_PARAM_BITS)

/* What an update is made of, see optimizer.c. */
struct microtl_priv_update {
	/* What is kept of a velocity, 8 fraction bits; 0 with SGD. */
	int32_t momentum;
	/* What a velocity is multiplied by to have the fraction bits of a weight. */
	int32_t scale;
};

/* u[i] = q[i] scale[i] + offset[i]. */
void microtl_priv_dense_features(const int8_t *q, const microtl_param_t *scale,
				 const microtl_param_t *offset, int16_t *u, size_t count);

/* y[o] += w[o][i] u[i] for rows that lie stride parameters apart. */
void microtl_priv_dense_forward(const microtl_param_t *weights, size_t stride, size_t rows,
				const int16_t *u, size_t count, microtl_real_t *y);

/*
 * v = momentum v - step u, w += v. velocity is NULL with SGD. step has the fraction bits of a
 * velocity.
 */
void microtl_priv_dense_update(const struct microtl_priv_update *update, microtl_param_t *weights,
			       microtl_param_t *velocity, const int16_t *u, size_t count,
			       int32_t step);

/* w -= share w. */
void microtl_priv_dense_decay(microtl_param_t *weights, size_t count, microtl_real_t share);

/* The nearest parameter there is. */
static inline microtl_param_t microtl_priv_param_clamp(int32_t x)
{
	return x > MICROTL_PRIV_PARAM_MAX    ? MICROTL_PRIV_PARAM_MAX
	       : x < -MICROTL_PRIV_PARAM_MAX ? -MICROTL_PRIV_PARAM_MAX
					     : x;
}

#endif /* MICROTL_CORE_FIXED_DENSE_H_ */
