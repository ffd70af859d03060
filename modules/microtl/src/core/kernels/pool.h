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

/** Channels that are worked out together: what the walk over a window costs is shared. */
#define POOL_LANES 4

/** The pixels under a window. */
struct pool_window {
	int32_t rows, columns;
	/** From one row and one column to the next. */
	size_t row_step, column_step;
};

/** What makes one value of a window of a channel. */
struct pool_kind {
	int32_t start;
	/** Takes one more value in. */
	int32_t (*add)(int32_t value, int8_t x);
	/** The result, of so many values. */
	int32_t (*finish)(int32_t value, int32_t count);
};

static inline int8_t pool_result(const struct pool_kind *kind, const struct microtl_pool *p,
				 const struct pool_window *window, int32_t value)
{
	value = kind->finish(value, window->rows * window->columns);
	return (int8_t)clamp(value, p->min, p->max);
}

/** One channel of one pixel. */
static inline void pool_one(const struct pool_kind *kind, const struct microtl_pool *p,
			    const struct pool_window *window, const int8_t *x, int8_t *output)
{
	int32_t value = kind->start;

	for (int32_t row = 0; row < window->rows; row++) {
		const int8_t *pixel = x + (size_t)row * window->row_step;

		for (int32_t left = window->columns; left != 0; left--) {
			value = kind->add(value, *pixel);
			pixel += window->column_step;
		}
	}
	*output = pool_result(kind, p, window, value);
}

/** POOL_LANES channels of one pixel; written out, for -O2 does not unroll. */
static inline void pool_lanes(const struct pool_kind *kind, const struct microtl_pool *p,
			      const struct pool_window *window, const int8_t *x, int8_t *output)
{
	int32_t value0 = kind->start;
	int32_t value1 = kind->start;
	int32_t value2 = kind->start;
	int32_t value3 = kind->start;

	for (int32_t row = 0; row < window->rows; row++) {
		const int8_t *pixel = x + (size_t)row * window->row_step;

		for (int32_t left = window->columns; left != 0; left--) {
			value0 = kind->add(value0, pixel[0]);
			value1 = kind->add(value1, pixel[1]);
			value2 = kind->add(value2, pixel[2]);
			value3 = kind->add(value3, pixel[3]);
			pixel += window->column_step;
		}
	}
	output[0] = pool_result(kind, p, window, value0);
	output[1] = pool_result(kind, p, window, value1);
	output[2] = pool_result(kind, p, window, value2);
	output[3] = pool_result(kind, p, window, value3);
}

/** All channels of one pixel. */
static inline void pool_pixel(const struct pool_kind *kind, const struct microtl_pool *p,
			      const struct pool_window *window, const int8_t *x, int8_t *output)
{
	const uint32_t channels = p->at.in_c;
	uint32_t c = 0;

#ifndef __OPTIMIZE_SIZE__
	for (; c + POOL_LANES <= channels; c += POOL_LANES) {
		pool_lanes(kind, p, window, x + c, output + c);
	}
#endif
	for (; c < channels; c++) {
		pool_one(kind, p, window, x + c, output + c);
	}
}

/** Runs a pool. */
static inline void pool(const struct microtl_op *op, int8_t *arena, const struct pool_kind *kind)
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
			pool_pixel(kind, p, &window, input, output);
			output += at->in_c;
		}
	}
}

#endif /* MICROTL_KERNELS_POOL_H_ */
