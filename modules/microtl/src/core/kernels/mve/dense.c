/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/kernels_mve.h>

#include <string.h>

#include "blocks.h"

void microtl_kernel_mve_dense(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_mve_dense *p = op->params;
	const uint32_t more = p->out_c % MVE_LANES;
	struct microtl_priv_mve_output how = {
		.depth = p->depth,
		.channels = p->out_c - more,
		.zero_point = p->out.zero_point,
		.min = p->out.min,
		.max = p->out.max,
	};
	const int8_t *input = arena + op->input;
	int8_t *output = arena + op->output;
	const int32_t *panels = microtl_priv_mve_row(input, p->panels, output, &how);

	if (more != 0) {
		int8_t last[MVE_LANES];

		output += how.channels;
		how.channels = MVE_LANES;
		(void)microtl_priv_mve_row(input, panels, last, &how);
		memcpy(output, last, more);
	}
}
