/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <string.h>

#include <microtl/kernels.h>

void microtl_kernel_fill(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_fill *p = op->params;

	memset(arena + op->output, p->value, p->count);
}
