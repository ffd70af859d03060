/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief The walk that both pools share.
 */

#ifndef MICROTL_KERNELS_POOL_H_
#define MICROTL_KERNELS_POOL_H_

#include <stddef.h>
#include <stdint.h>

#include <microtl/kernels.h>

#include "requant.h"
#include "sliding.h"

/** The pixels of one channel under a window. */
struct pool_window {
	int32_t rows, columns;
	/** From one row and one column to the next. */
	size_t row_step, column_step;
};

/** Runs a pool, given what makes one value of a window of a channel. */
static inline void pool(const struct microtl_op *op, int8_t *arena,
			int32_t (*value)(const int8_t *x, const struct pool_window *window))
{
	const struct microtl_pool *p = op->params;
	const struct microtl_sliding *at = &p->at;
	int8_t *output = arena + op->output;
	struct pool_window window = {
		.row_step = (size_t)at->in_w * at->in_c,
		.column_step = at->in_c,
	};

	for (int32_t out_y = 0; out_y < at->out_h; out_y++) {
		const struct taps y =
			taps_inside(out_y * at->stride_h - at->pad_top, at->kernel_h, 1, at->in_h);

		window.rows = y.count;
		for (int32_t out_x = 0; out_x < at->out_w; out_x++) {
			const struct taps x = taps_inside(out_x * at->stride_w - at->pad_left,
							  at->kernel_w, 1, at->in_w);
			const int8_t *input = arena + op->input +
					      (size_t)y.position * window.row_step +
					      (size_t)x.position * window.column_step;

			window.columns = x.count;
			for (uint32_t c = 0; c < at->in_c; c++) {
				*output++ =
					(int8_t)clamp(value(input + c, &window), p->min, p->max);
			}
		}
	}
}

#endif /* MICROTL_KERNELS_POOL_H_ */
