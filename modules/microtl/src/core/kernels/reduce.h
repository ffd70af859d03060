/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief The walk that both reductions share.
 */

#ifndef MICROTL_KERNELS_REDUCE_H_
#define MICROTL_KERNELS_REDUCE_H_

#include <stddef.h>
#include <stdint.h>

#include <microtl/kernels.h>

/** Runs a reduction, given what makes one output of the elements that start at @a x. */
static inline void reduce(const struct microtl_op *op, int8_t *arena,
			  const struct microtl_reduce *at,
			  int8_t (*value)(const void *params, const int8_t *x))
{
	int8_t *output = arena + op->output;
	const int8_t *plane = arena + op->input;

	for (uint32_t i = 0; i < at->out_dims[0]; i++) {
		const int8_t *row = plane;

		for (uint32_t j = 0; j < at->out_dims[1]; j++) {
			const int8_t *x = row;

			for (uint32_t k = 0; k < at->out_dims[2]; k++) {
				*output++ = value(op->params, x);
				x += at->out_stride[2];
			}
			row += at->out_stride[1];
		}
		plane += at->out_stride[0];
	}
}

#endif /* MICROTL_KERNELS_REDUCE_H_ */
