/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/kernels.h>

#include "dot.h"
#include "requant.h"

/** What a zero point of the weights takes off every output: the zero point times the inputs' sum.
 */
static uint32_t weights_offset(const struct microtl_fully_connected *p, const int8_t *x)
{
	const int32_t zero_point = p->weights_zero_point;
	uint32_t sum = 0;

	if (zero_point == 0) {
		return 0;
	}
	for (uint32_t i = 0; i < p->in_c; i++) {
		sum += (uint32_t)(x[i] - p->input_zero_point);
	}
	return sum * (uint32_t)zero_point;
}

/** One input vector. */
static void multiply(const struct microtl_fully_connected *p, const int8_t *x, int8_t *output)
{
	const uint32_t offset = weights_offset(p, x);

	for (uint32_t c = 0; c < p->out_c; c += DOT_LANES) {
		const uint32_t lanes = p->out_c - c < DOT_LANES ? p->out_c - c : DOT_LANES;
		const struct dot_rows rows =
			dot_rows(p->weights + (size_t)c * p->in_c, p->in_c, lanes);
		uint32_t acc[DOT_LANES] = {0};

		microtl_priv_dot(acc, &rows, 0, x, p->in_c, -p->input_zero_point);
		for (uint32_t lane = 0; lane < lanes; lane++) {
			const uint32_t scale = p->per_channel ? c + lane : 0;
			const int32_t sum =
				(int32_t)(acc[lane] - offset + bias_of(p->bias, c + lane));

			output[c + lane] = to_output(
				requantize(sum, p->multiplier[scale], p->shift[scale]), &p->out);
		}
	}
}

void microtl_kernel_fully_connected(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_fully_connected *p = op->params;
	const int8_t *x = arena + op->input;
	int8_t *output = arena + op->output;

	for (uint32_t i = 0; i < p->batch; i++) {
		multiply(p, x, output);
		x += p->in_c;
		output += p->out_c;
	}
}
