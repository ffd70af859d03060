/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * The loops that training spends its time in, over rows of weights [rows][stride] and a stretch of
 * their inputs. Each result is defined value by value (order, unfused), so a faster version may
 * block rows as it likes.
 */

#ifndef MICROTL_CORE_DENSE_H_
#define MICROTL_CORE_DENSE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microtl/optimizer.h>

/* The factors of one update, worked out once for all parameters. */
struct microtl_priv_update {
	enum microtl_optimizer_kind kind;
	/* Learning rate, with Adam corrected for bias. */
	float rate;
	/* Learning rate times weight decay. */
	float decay;
	/* Momentum, or Adam's b1 and b2, and 1 - b1 and 1 - b2. */
	float momentum;
	float beta2;
	float gain1;
	float gain2;
	/* Adam's eps, corrected like the rate. */
	float epsilon;
};

/* Every value of a configuration is in its range. */
bool microtl_priv_optimizer_valid(const struct microtl_optimizer_config *config);

/* The factors of the update that comes next; counts it as done. */
struct microtl_priv_update microtl_priv_optimizer_next(struct microtl_optimizer *optimizer);

/* y[o] += w[o][i] x[i], i ascending. */
void microtl_priv_dense_forward(const float *weights, size_t stride, size_t rows, const float *x,
				size_t count, float *y);

/* dx[i] += delta w[i]: one row's part in the gradient of its inputs. */
void microtl_priv_dense_backward(const float *weights, size_t count, float delta, float *dx);

/* g[i] += delta x[i]: one row's gradient. */
void microtl_priv_dense_gradient(float *gradient, const float *x, size_t count, float delta);

/*
 * Updates one row by the gradient delta x[i]. With momentum state is the velocity, with Adam the
 * first moment, and the second lies state_stride floats behind it.
 */
void microtl_priv_dense_update(const struct microtl_priv_update *update, float *weights,
			       float *state, size_t state_stride, const float *x, size_t count,
			       float delta);

#endif /* MICROTL_CORE_DENSE_H_ */
