/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/kernels_dsp.h>

#include <string.h>

#include "blocks.h"

#define LANES 4

static inline void multiply(const struct microtl_op *op, int8_t *arena, dsp_row_block block)
{
	const struct microtl_dsp_dense *p = op->params;
	const int32_t whole = p->out_c / LANES * LANES;
	struct microtl_priv_dsp_output how = {
		.quads = (p->in_c + 3) / 4,
		.channels = whole,
		.zero_point = p->out.zero_point,
		.min = p->out.min,
		.max = p->out.max,
		.rounding = p->rounding,
	};
	const int8_t *input = arena + op->input;
	const int32_t *panels = p->panels;
	int8_t *output = arena + op->output;

	if (whole != 0) {
		panels = block(input, panels, output, &how);
	}
	if (whole != p->out_c) {
		int8_t last[LANES];

		how.channels = LANES;
		(void)block(input, panels, last, &how);
		memcpy(output + whole, last, (size_t)(p->out_c - whole));
	}
}

void microtl_kernel_dsp_dense(const struct microtl_op *op, int8_t *arena)
{
	multiply(op, arena, microtl_priv_dsp_row);
}

void microtl_kernel_dsp_dense_int8(const struct microtl_op *op, int8_t *arena)
{
	multiply(op, arena, microtl_priv_dsp_row_int8);
}
