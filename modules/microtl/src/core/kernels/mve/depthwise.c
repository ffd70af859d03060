/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/kernels_mve.h>

#include <string.h>

#include "../sliding.h"
#include "taps.h"

void microtl_kernel_mve_depthwise(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_mve_depthwise *p = op->params;
	const struct microtl_sliding *at = &p->at;
	const size_t row = (size_t)at->in_w * at->in_c;
	struct microtl_priv_mve_taps taps = {
		.row_x = (size_t)at->dilation_h * row,
		.column_x = (size_t)at->dilation_w * at->in_c,
		.row_w = (size_t)at->kernel_w * at->in_c,
		.column_w = at->in_c,
	};
	int8_t *output = arena + op->output;

	for (int32_t out_y = 0; out_y < at->out_h; out_y++) {
		const struct taps y = taps_inside(out_y * at->stride_h - at->pad_top, at->kernel_h,
						  at->dilation_h, at->in_h);

		for (int32_t out_x = 0; out_x < at->out_w; out_x++) {
			const struct taps x = taps_inside(out_x * at->stride_w - at->pad_left,
							  at->kernel_w, at->dilation_w, at->in_w);
			const size_t pixel =
				(size_t)y.position * row + (size_t)x.position * at->in_c;
			const size_t tap =
				(size_t)y.first * taps.row_w + (size_t)x.first * taps.column_w;

			taps.rows = (uint32_t)(x.count != 0 ? y.count : 0);
			taps.columns = (uint32_t)x.count;
			microtl_priv_mve_taps(&taps, arena + op->input + pixel, p->taps + tap, p,
					      output);
			output += at->in_c;
		}
	}
}
