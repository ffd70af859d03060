/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include <microtl/kernels.h>

#include "walk.h"

static void copy_row(int8_t *to, int32_t to_stride, const int8_t *from, int32_t from_stride,
		     uint32_t count)
{
	if (to_stride == 1 && from_stride == 1) {
		memcpy(to, from, count);
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		to[(ptrdiff_t)i * to_stride] = from[(ptrdiff_t)i * from_stride];
	}
}

void microtl_kernel_copy(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_copy *p = op->params;
	const int8_t *input = p->constant != NULL ? p->constant : arena + op->input;
	int8_t *output = arena + op->output;
	struct walk walk = {.a = (ptrdiff_t)p->in_offset, .b = (ptrdiff_t)p->out_offset};

	do {
		copy_row(output + walk.b, p->out_stride[WALK_OUTER], input + walk.a,
			 p->in_stride[WALK_OUTER], p->dims[WALK_OUTER]);
	} while (walk_next(&walk, p->dims, p->in_stride, p->out_stride));
}
