/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/kernels_dsp.h>

#include "pairs.h"

static inline void convolve(const struct microtl_op *op, int8_t *arena, dsp_pairs_block block)
{
	const struct microtl_dsp_conv2d *p = op->params;
	const uint32_t in_c = p->at.in_c;
	const uint32_t pixels = (uint32_t)p->at.in_h * p->at.in_w;
	const struct dsp_pairs pairs = dsp_pairs(p, p->row_quads);
	uint32_t *widened = (uint32_t *)(void *)(arena + op->scratch);

	for (uint32_t i = 0; i < pixels; i += 2) {
		const bool alone = i + 1 == pixels;
		const int8_t *x = arena + op->input + i * in_c;

		microtl_priv_dsp_widen_pair(x, alone ? x : x + in_c, widened, p->row_quads);
		dsp_pairs_run(&pairs, block, widened, arena + op->output + i * p->at.out_c, alone);
	}
}

void microtl_kernel_dsp_pointwise(const struct microtl_op *op, int8_t *arena)
{
	convolve(op, arena, microtl_priv_dsp_pairs);
}

void microtl_kernel_dsp_pointwise_int8(const struct microtl_op *op, int8_t *arena)
{
	convolve(op, arena, microtl_priv_dsp_pairs_int8);
}
