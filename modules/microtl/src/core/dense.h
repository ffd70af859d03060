/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * The loops that training spends its time in, over rows of weights and a stretch of their inputs.
 * Each result is defined value by value: which products, in which order, each of them and each sum
 * rounded. dense.c says so in C; dense_m4_*.S do the same on a Cortex-M with an FPU.
 */

#ifndef MICROTL_CORE_DENSE_H_
#define MICROTL_CORE_DENSE_H_

#include <stddef.h>
#include <stdint.h>

#include <microtl/optimizer.h>

#include "build_options.h"
#include "mathf.h"

/* A kind that is configured, known to the compiler where the build has but one. */
static inline enum microtl_optimizer_kind microtl_priv_kind(enum microtl_optimizer_kind kind)
{
#ifdef MICROTL_ONLY_OPTIMIZER
	(void)kind;
	return MICROTL_ONLY_OPTIMIZER;
#else
	return kind;
#endif
}

/* The factors of one update, worked out once for all parameters. */
struct microtl_priv_update {
	enum microtl_optimizer_kind kind;
	/* Learning rate, with Adam corrected for bias. */
	float rate;
	/* Momentum, or Adam's b1 and b2, and 1 - b1 and 1 - b2. */
	float momentum;
	/* What weights are multiplied by before the update; 1 where no decay is due. */
	float keep;
	/* These are set with Adam alone; epsilon is corrected like the rate. */
	float beta2;
	float gain1;
	float gain2;
	float epsilon;
};

/*
 * Updates parameter i by its gradient g, with SGD multiplied by minus the rate, with momentum by
 * the rate. SGD: w += g. Momentum: v = momentum v - g, w += v. Adam: as in optimizer.h. state is
 * laid out like the parameters: velocity or first moment, the second lies state_stride behind it;
 * NULL with SGD.
 */
static inline void microtl_priv_update_one(enum microtl_optimizer_kind kind,
					   const struct microtl_priv_update *update, float *params,
					   float *state, size_t i, size_t state_stride, float g)
{
	if (kind == MICROTL_OPTIMIZER_MOMENTUM) {
		float w = params[i];
		float v = update->momentum * state[i] - g;

		state[i] = v;
		params[i] = w + v;
	} else if (kind == MICROTL_OPTIMIZER_ADAM) {
		float *second = state + state_stride;
		float m = update->momentum * state[i] + update->gain1 * g;
		float s = update->beta2 * second[i] + (update->gain2 * g) * g;

		state[i] = m;
		second[i] = s;
		params[i] -= update->rate * m / (microtl_priv_sqrtf(s) + update->epsilon);
	} else {
		params[i] += g;
	}
}

/* Sets the factors of the update that comes next; counts it as done. */
void microtl_priv_optimizer_next(struct microtl_optimizer *optimizer,
				 struct microtl_priv_update *update);

/* x[i] = q[i] scale[i] + offset[i]. */
void microtl_priv_dense_dequantize(const int8_t *q, const float *scale, const float *offset,
				   float *x, size_t count);

/* A stretch of a layer's inputs on its way through the weights. Assembly reads it in this order. */
struct microtl_priv_forward {
	const float *x;
	size_t columns;
	/* [rows] */
	float *y;
	/* [rows] What sums begin with; may be y. */
	const float *begin;
	const float *weights;
	size_t rows;
	/* Floats from one row to the next. */
	size_t stride;
};

/* y[o] = begin[o] + w[o][i] x[i], i ascending. */
void microtl_priv_dense_forward(const struct microtl_priv_forward *layer);

/* sums[i] += factor x[i]: so the gradient of a layer's inputs gathers row by row. */
void microtl_priv_dense_add_row(float *sums, const float *x, size_t count, float factor);

/*
 * Rows of a matrix, of parameters or their gradient, that learn, the others rest, or a stretch of
 * them. Assembly reads it in this order.
 */
struct microtl_priv_rows {
	float *weights;
	/* As microtl_priv_update_one() takes it. */
	float *state;
	size_t state_stride;
	/* Floats from one row of the matrix to the next. */
	size_t stride;
	size_t columns;
	/* [rows] their numbers in the matrix. */
	const uint16_t *index;
	size_t rows;
};

/* w[i] *= keep. */
void microtl_priv_dense_decay(float *weights, size_t count, float keep);

/* w[index[o]][i] += factor[o] x[i]: a gradient, or an update with SGD. */
void microtl_priv_dense_add(const struct microtl_priv_rows *rows, const float *x,
			    const float *factors);

/*
 * Updates rows by their gradients delta[o] x[i], o counting the rows that do not rest, each like
 * microtl_priv_update_one().
 */
void microtl_priv_dense_update(const struct microtl_priv_update *update,
			       const struct microtl_priv_rows *rows, const float *x,
			       const float *delta);

#endif /* MICROTL_CORE_DENSE_H_ */
