/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stddef.h>

#include <microtl/kernels.h>

#include "requant.h"

/** Fractional bits of a position between pixels. */
#define FRACTION_BITS 10

/** Where an output pixel is read, along one axis. */
struct place {
	size_t lower, upper;
	/** Weight of the upper pixel; the lower one has what is left to 2^FRACTION_BITS. */
	int32_t weight;
};

static struct place place_of(const struct microtl_resize_axis *axis, int32_t i)
{
	const int32_t last = axis->in_size - 1;
	const int32_t position =
		clamp(i * axis->step + axis->start, 0, last * (1 << FRACTION_BITS));
	const int32_t lower = position >> FRACTION_BITS;

	return (struct place){
		.lower = (size_t)lower,
		.upper = (size_t)(lower < last ? lower + 1 : last),
		.weight = position & ((1 << FRACTION_BITS) - 1),
	};
}

/** Mixes two values; the result has FRACTION_BITS more. */
static int32_t mix(int32_t lower, int32_t upper, int32_t weight)
{
	return lower * ((1 << FRACTION_BITS) - weight) + upper * weight;
}

void microtl_kernel_resize_bilinear(const struct microtl_op *op, int8_t *arena)
{
	const struct microtl_resize_bilinear *p = op->params;
	const int8_t *input = arena + op->input;
	const size_t row_size = (size_t)p->columns.in_size * p->channels;
	int8_t *output = arena + op->output;

	for (int32_t out_y = 0; out_y < p->rows.out_size; out_y++) {
		const struct place y = place_of(&p->rows, out_y);
		const int8_t *top = input + y.lower * row_size;
		const int8_t *bottom = input + y.upper * row_size;

		for (int32_t out_x = 0; out_x < p->columns.out_size; out_x++) {
			const struct place x = place_of(&p->columns, out_x);

			for (size_t c = 0; c < p->channels; c++) {
				const size_t left = x.lower * p->channels + c;
				const size_t right = x.upper * p->channels + c;
				const int32_t sum =
					mix(mix(top[left], top[right], x.weight),
					    mix(bottom[left], bottom[right], x.weight), y.weight);

				*output++ = (int8_t)divide_by_pot(sum, 2 * FRACTION_BITS);
			}
		}
	}
}
