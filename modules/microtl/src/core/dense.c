/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "dense.h"

#include "dense_m4.h"

/* Columns that assembly does, all whole rounds of them. */
static size_t assembly_columns(size_t count)
{
	return MICROTL_PRIV_DENSE_ASSEMBLY ? count - count % MICROTL_PRIV_ROUND : 0U;
}

void microtl_priv_dense_dequantize(const int8_t *q, const float *scale, const float *offset,
				   float *x, size_t count)
{
	size_t whole = assembly_columns(count);

	for (size_t i = whole; i < count; i++) {
		x[i] = (float)q[i] * scale[i] + offset[i];
	}
	if (MICROTL_PRIV_DENSE_ASSEMBLY && whole > 0) {
		microtl_priv_dequantize_rounds(q, scale, offset, x, count);
	}
}

void microtl_priv_dense_forward(const struct microtl_priv_forward *layer)
{
	const float *weights = layer->weights;
	const float *begin = layer->begin;
	size_t whole = assembly_columns(layer->columns);

	if (MICROTL_PRIV_DENSE_ASSEMBLY && layer->rows > 0 && whole > 0) {
		microtl_priv_forward_rounds(layer);
		if (whole == layer->columns) {
			return;
		}
		begin = layer->y;
	}
	for (size_t o = 0; o < layer->rows; o++) {
		float sum = begin[o];

		for (size_t i = whole; i < layer->columns; i++) {
			sum += weights[i] * layer->x[i];
		}
		layer->y[o] = sum;
		weights += layer->stride;
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

/* One row, its columns from begin on; inline, so that the kind is known in the loop. */
static inline void update_row(enum microtl_optimizer_kind kind,
			      const struct microtl_priv_update *update,
			      const struct microtl_priv_rows *rows, size_t o, const float *x,
			      size_t begin, float delta)
{
	size_t at = rows->index[o] * rows->stride;
	float *weights = rows->weights + at;
	float *state = kind == MICROTL_OPTIMIZER_SGD ? NULL : rows->state + at;

	for (size_t i = begin; i < rows->columns; i++) {
		microtl_priv_update_one(kind, update, weights, state, i, rows->state_stride,
					delta * x[i]);
	}
}

static void update_momentum(const struct microtl_priv_update *update,
			    const struct microtl_priv_rows *rows, const float *x,
			    const float *steps)
{
	size_t whole = assembly_columns(rows->columns);

	if (MICROTL_PRIV_DENSE_ASSEMBLY && rows->rows > 0 && whole > 0) {
		microtl_priv_momentum_rounds(update, rows, x, steps);
		if (whole == rows->columns) {
			return;
		}
	}
	for (size_t o = 0; o < rows->rows; o++) {
		update_row(MICROTL_OPTIMIZER_MOMENTUM, update, rows, o, x, whole, steps[o]);
	}
}

void microtl_priv_dense_update(const struct microtl_priv_update *update,
			       const struct microtl_priv_rows *rows, const float *x,
			       const float *delta)
{
	enum microtl_optimizer_kind kind = microtl_priv_kind(update->kind);

	if (kind == MICROTL_OPTIMIZER_MOMENTUM) {
		update_momentum(update, rows, x, delta);
		return;
	}
	for (size_t o = 0; o < rows->rows; o++) {
		if (kind == MICROTL_OPTIMIZER_ADAM) {
			update_row(MICROTL_OPTIMIZER_ADAM, update, rows, o, x, 0, delta[o]);
		} else {
			update_row(MICROTL_OPTIMIZER_SGD, update, rows, o, x, 0, delta[o]);
		}
	}
}
