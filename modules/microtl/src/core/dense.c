/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "dense.h"

#include "build_options.h"
#include "mathf.h"

void microtl_priv_dense_forward(const float *weights, size_t stride, size_t rows, const float *x,
				size_t count, float *y)
{
	for (size_t o = 0; o < rows; o++) {
		const float *row = weights + o * stride;
		float sum = y[o];

		for (size_t i = 0; i < count; i++) {
			sum += row[i] * x[i];
		}
		y[o] = sum;
	}
}

void microtl_priv_dense_backward(const float *weights, size_t count, float delta, float *dx)
{
	for (size_t i = 0; i < count; i++) {
		dx[i] += delta * weights[i];
	}
}

void microtl_priv_dense_gradient(float *gradient, const float *x, size_t count, float delta)
{
	for (size_t i = 0; i < count; i++) {
		gradient[i] += delta * x[i];
	}
}

static void update_sgd(const struct microtl_priv_update *update, float *weights, const float *x,
		       size_t count, float delta)
{
	float step = update->rate * delta;

	for (size_t i = 0; i < count; i++) {
		weights[i] = (weights[i] - update->decay * weights[i]) - step * x[i];
	}
}

static void update_momentum(const struct microtl_priv_update *update, float *weights,
			    float *velocity, const float *x, size_t count, float delta)
{
	float step = update->rate * delta;

	for (size_t i = 0; i < count; i++) {
		float v = update->momentum * velocity[i] - update->decay * weights[i];

		v -= step * x[i];
		velocity[i] = v;
		weights[i] += v;
	}
}

static void update_adam(const struct microtl_priv_update *update, float *weights, float *first,
			float *second, const float *x, size_t count, float delta)
{
	for (size_t i = 0; i < count; i++) {
		float g = delta * x[i];
		float m = update->momentum * first[i] + update->gain1 * g;
		float s = update->beta2 * second[i] + (update->gain2 * g) * g;

		first[i] = m;
		second[i] = s;
		weights[i] = (weights[i] - update->decay * weights[i]) -
			     update->rate * m / (microtl_priv_sqrtf(s) + update->epsilon);
	}
}

void microtl_priv_dense_update(const struct microtl_priv_update *update, float *weights,
			       float *state, size_t state_stride, const float *x, size_t count,
			       float delta)
{
	if (update->kind == MICROTL_OPTIMIZER_MOMENTUM) {
		update_momentum(update, weights, state, x, count, delta);
	} else if (MICROTL_WITH_ADAM && update->kind == MICROTL_OPTIMIZER_ADAM) {
		update_adam(update, weights, state, state + state_stride, x, count, delta);
	} else {
		update_sgd(update, weights, x, count, delta);
	}
}
