/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief The walk of kernels with two operands, one output value at a time.
 */

#ifndef MICROTL_KERNELS_ELEMENTWISE_H_
#define MICROTL_KERNELS_ELEMENTWISE_H_

#include <stddef.h>
#include <stdint.h>

#include <microtl/kernels.h>

#include "walk.h"

/**
 * Runs an element-wise kernel, given what makes one value of two.
 *
 * @param op     Operation.
 * @param arena  Arena.
 * @param at     Its operands; may be all its parameters, or a part of them.
 * @param value  Makes an output of two operands, with op->params as its first argument.
 */
static inline void elementwise(const struct microtl_op *op, int8_t *arena,
			       const struct microtl_broadcast *at,
			       int8_t (*value)(const void *params, int32_t a, int32_t b))
{
	const int8_t *a = at->constant_a != NULL ? at->constant_a : arena + op->input;
	const int8_t *b = at->constant_b != NULL ? at->constant_b : arena + op->input2;
	const int32_t step_a = at->stride_a[WALK_OUTER];
	const int32_t step_b = at->stride_b[WALK_OUTER];
	int8_t *output = arena + op->output;
	struct walk walk = {0};

	do {
		const int8_t *row_a = a + walk.a;
		const int8_t *row_b = b + walk.b;

		for (const int8_t *end = output + at->dims[WALK_OUTER]; output != end; output++) {
			*output = value(op->params, *row_a, *row_b);
			row_a += step_a;
			row_b += step_b;
		}
	} while (walk_next(&walk, at->dims, at->stride_a, at->stride_b));
}

#endif /* MICROTL_KERNELS_ELEMENTWISE_H_ */
