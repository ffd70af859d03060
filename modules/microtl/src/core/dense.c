/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "dense.h"

#include "dense_m4.h"
#include "mathf.h"

/* Parameters from which on it pays to prepare for rounds; biases are fewer. */
#define ROUNDS_MIN 64

static size_t whole_rounds(size_t count)
{
	return count - count % MICROTL_PRIV_ROUND;
}

/* Columns for a loop whose C form is the same with and without rounds. */
static size_t assembly_columns(size_t count)
{
	return MICROTL_PRIV_DENSE_ASSEMBLY ? whole_rounds(count) : 0U;
}

void microtl_priv_dense_dequantize(const int8_t *q, const float *scale, const float *offset,
				   float *x, size_t count)
{
	size_t whole = assembly_columns(count);

	if (MICROTL_PRIV_DENSE_ASSEMBLY && whole > 0) {
		microtl_priv_dequantize_rounds(q, scale, offset, x, whole);
	}
	for (size_t i = whole; i < count; i++) {
		x[i] = (float)q[i] * scale[i] + offset[i];
	}
}

void microtl_priv_dense_forward(const float *weights, size_t stride, size_t rows, const float *x,
				size_t count, const float *begin, float *y)
{
	size_t whole = assembly_columns(count);

	if (MICROTL_PRIV_DENSE_ASSEMBLY && rows > 0 && whole > 0) {
		const struct microtl_priv_forward rounds = {
			.x = x,
			.columns = whole,
			.y = y,
			.begin = begin,
			.weights = weights,
			.rows = rows,
			.stride = stride * sizeof(float),
		};

		microtl_priv_forward_rounds(&rounds);
		if (whole == count) {
			return;
		}
		begin = y;
	}
	for (size_t o = 0; o < rows; o++) {
		float sum = begin[o];

		for (size_t i = whole; i < count; i++) {
			sum += weights[i] * x[i];
		}
		y[o] = sum;
		weights += stride;
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

void microtl_priv_dense_decay(float *weights, size_t count, float keep)
{
#pragma GCC unroll 8
	for (size_t i = 0; i < count; i++) {
		weights[i] *= keep;
	}
}

/* A stretch of one row; inline, so that the kind is known in the loop. */
static inline void update_row(enum microtl_optimizer_kind kind,
			      const struct microtl_priv_update *update,
			      const struct microtl_priv_rows *rows, size_t o, const float *x,
			      size_t begin, size_t end, float delta)
{
	size_t at = rows->index[o] * rows->stride;
	float *weights = rows->weights + at;
	float *state = kind == MICROTL_OPTIMIZER_SGD ? NULL : rows->state + at;

	for (size_t i = begin; i < end; i++) {
		microtl_priv_update_one(kind, update, weights, state, i, rows->state_stride,
					delta * x[i]);
	}
}

/* Columns that need no round any more. */
static size_t update_rounds(const struct microtl_priv_update *update,
			    const struct microtl_priv_rows *rows, const float *x, size_t count,
			    const float *steps)
{
	const struct microtl_priv_momentum rounds = {
		.x = x,
		.columns = rows->rows * count < ROUNDS_MIN ? 0U : assembly_columns(count),
		.weights = rows->weights,
		.velocity = rows->state,
		.index = rows->index,
		.steps = steps,
		.rows = rows->rows,
		.stride = rows->stride * sizeof(float),
		.momentum = update->momentum,
	};

	if (MICROTL_PRIV_DENSE_ASSEMBLY && rounds.rows > 0 && rounds.columns > 0) {
		microtl_priv_momentum_rounds(&rounds);
	}
	return rounds.columns;
}

void microtl_priv_dense_update(const struct microtl_priv_update *update,
			       const struct microtl_priv_rows *rows, const float *x, size_t count,
			       const float *delta)
{
	enum microtl_optimizer_kind kind = microtl_priv_kind(update->kind);

	if (kind == MICROTL_OPTIMIZER_MOMENTUM) {
		size_t begin = update_rounds(update, rows, x, count, delta);

		for (size_t o = 0; begin < count && o < rows->rows; o++) {
			update_row(MICROTL_OPTIMIZER_MOMENTUM, update, rows, o, x, begin, count,
				   delta[o]);
		}
		return;
	}
	for (size_t o = 0; o < rows->rows; o++) {
		if (kind == MICROTL_OPTIMIZER_ADAM) {
			update_row(MICROTL_OPTIMIZER_ADAM, update, rows, o, x, 0, count, delta[o]);
		} else {
			update_row(MICROTL_OPTIMIZER_SGD, update, rows, o, x, 0, count, delta[o]);
		}
	}
}
