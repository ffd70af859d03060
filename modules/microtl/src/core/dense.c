/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "dense.h"

#include "dense_m4.h"

#if MICROTL_PRIV_DENSE_ASSEMBLY
_Static_assert(offsetof(struct microtl_priv_update, momentum) == 8, "as in dense_m4_*.S");
_Static_assert(offsetof(struct microtl_priv_rows, rows) == 24, "as in dense_m4_*.S");
_Static_assert(offsetof(struct microtl_priv_forward, stride) == 24, "as in dense_m4_*.S");
#endif

/* Columns that assembly does, all whole rounds of them. */
static size_t assembly_columns(size_t count)
{
	return MICROTL_PRIV_DENSE_ASSEMBLY ? count - count % MICROTL_PRIV_ROUND : 0U;
}

static void dequantize_rest(const int8_t *q, const float *scale, const float *offset, float *x,
			    size_t begin, size_t count)
{
	for (size_t i = begin; i < count; i++) {
		x[i] = (float)q[i] * scale[i] + offset[i];
	}
}

void microtl_priv_dense_dequantize(const int8_t *q, const float *scale, const float *offset,
				   float *x, size_t count)
{
	size_t whole = assembly_columns(count);

	if (whole < count) {
		dequantize_rest(q, scale, offset, x, whole, count);
	}
	if (MICROTL_PRIV_DENSE_ASSEMBLY && whole > 0) {
		microtl_priv_dequantize_rounds(q, scale, offset, x, count);
	}
}

/* Columns from first on; a call, so that registers are kept for it alone. */
__attribute__((noinline)) static void forward_rest(const struct microtl_priv_forward *layer,
						   size_t first)
{
	const float *begin = first > 0 ? layer->y : layer->begin;
	const float *weights = layer->weights;

	for (size_t o = 0; o < layer->rows; o++) {
		float sum = begin[o];

		for (size_t i = first; i < layer->columns; i++) {
			sum += weights[i] * layer->x[i];
		}
		layer->y[o] = sum;
		weights += layer->stride;
	}
}

void microtl_priv_dense_forward(const struct microtl_priv_forward *layer)
{
	size_t whole = assembly_columns(layer->columns);

	if (MICROTL_PRIV_DENSE_ASSEMBLY && whole > 0 && layer->rows > 0) {
		microtl_priv_forward_rounds(layer);
	}
	if (whole < layer->columns) {
		forward_rest(layer, whole);
	}
}

void microtl_priv_dense_add_row(float *sums, const float *x, size_t count, float factor)
{
	for (size_t i = 0; i < count; i++) {
		sums[i] += factor * x[i];
	}
}

void microtl_priv_dense_decay(float *weights, size_t count, float keep)
{
	size_t whole = assembly_columns(count);

	if (MICROTL_PRIV_DENSE_ASSEMBLY && whole > 0) {
		microtl_priv_decay_rounds(weights, count, &keep);
	}
	for (size_t i = whole; i < count; i++) {
		weights[i] *= keep;
	}
}

/* Columns from first on; inline, so that the kind is known in the loop. */
static inline void update_rest(enum microtl_optimizer_kind kind,
			       const struct microtl_priv_update *update,
			       const struct microtl_priv_rows *rows, const float *x,
			       const float *delta, size_t first)
{
	/* A copy, which no store to a float can change. */
	const struct microtl_priv_update own = *update;

	for (size_t o = 0; o < rows->rows; o++) {
		size_t at = rows->index[o] * rows->stride;
		float *weights = rows->weights + at;
		float *state = rows->state + at;
		float error = delta[o];

		for (size_t i = first; i < rows->columns; i++) {
			microtl_priv_update_one(kind, &own, weights, state, i, rows->state_stride,
						error * x[i]);
		}
	}
}

/* Columns from first on. */
static void add_rest(const struct microtl_priv_rows *rows, const float *x, const float *factors,
		     size_t first)
{
	for (size_t o = 0; o < rows->rows; o++) {
		float *weights = rows->weights + rows->index[o] * rows->stride;
		float factor = factors[o];

		for (size_t i = first; i < rows->columns; i++) {
			weights[i] += factor * x[i];
		}
	}
}

void microtl_priv_dense_add(const struct microtl_priv_rows *rows, const float *x,
			    const float *factors)
{
	size_t whole = assembly_columns(rows->columns);

	if (MICROTL_PRIV_DENSE_ASSEMBLY && whole > 0 && rows->rows > 0) {
		microtl_priv_add_rounds(rows, x, factors);
	}
	if (whole < rows->columns) {
		add_rest(rows, x, factors, whole);
	}
}

static void update_momentum(const struct microtl_priv_update *update,
			    const struct microtl_priv_rows *rows, const float *x,
			    const float *steps)
{
	size_t whole = assembly_columns(rows->columns);

	if (MICROTL_PRIV_DENSE_ASSEMBLY && whole > 0 && rows->rows > 0) {
		microtl_priv_momentum_rounds(update, rows, x, steps);
	}
	if (whole < rows->columns) {
		update_rest(MICROTL_OPTIMIZER_MOMENTUM, update, rows, x, steps, whole);
	}
}

void microtl_priv_dense_update(const struct microtl_priv_update *update,
			       const struct microtl_priv_rows *rows, const float *x,
			       const float *delta)
{
	switch (microtl_priv_kind(update->kind)) {
	case MICROTL_OPTIMIZER_MOMENTUM:
		update_momentum(update, rows, x, delta);
		break;
	case MICROTL_OPTIMIZER_ADAM:
		update_rest(MICROTL_OPTIMIZER_ADAM, update, rows, x, delta, 0);
		break;
	default:
		microtl_priv_dense_add(rows, x, delta);
	}
}
