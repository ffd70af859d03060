/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The blocks in C: what the files for Helium do, for every other CPU and for reading. */

#include "blocks.h"

#include "target.h"

#if !MICROTL_PRIV_MVE

#include "../requant.h"

#define PIXELS_MAX 2

/** The sum of one channel of a panel and one window. */
static int32_t sum_of(const int8_t *values, const int32_t *panel, uint32_t lane, uint32_t depth)
{
	const int8_t *weights =
		(const int8_t *)(const void *)(panel + MVE_LANES) + lane * MICROTL_MVE_VECTOR;
	uint32_t sum = (uint32_t)panel[lane];

	for (uint32_t i = 0; i < depth; i++) {
		sum += (uint32_t)(values[i] * weights[i % MICROTL_MVE_VECTOR]);
		if (i % MICROTL_MVE_VECTOR == MICROTL_MVE_VECTOR - 1) {
			weights += MVE_LANES * MICROTL_MVE_VECTOR;
		}
	}
	return (int32_t)sum;
}

static const int32_t *run(const int8_t *windows, uint32_t pixels, const int32_t *panels,
			  int8_t *output, const struct microtl_priv_mve_output *how)
{
	const struct microtl_output out = {
		.zero_point = (int16_t)how->zero_point,
		.min = (int8_t)how->min,
		.max = (int8_t)how->max,
	};

	for (uint32_t channel = 0; channel < how->channels; channel += MVE_LANES) {
		const int32_t *multiplier = panels + MVE_LANES + how->depth;
		const int8_t *shift = (const int8_t *)(const void *)(multiplier + MVE_LANES);

		/* The second pixel first: without one, both go to one place. */
		for (uint32_t pixel = pixels; pixel-- != 0;) {
			for (uint32_t lane = 0; lane < MVE_LANES; lane++) {
				const int32_t sum = sum_of(windows + pixel * how->depth, panels,
							   lane, how->depth);

				output[pixel * how->step + lane] = to_output(
					requantize(sum, multiplier[lane], shift[lane]), &out);
			}
		}
		panels = multiplier + MVE_LANES + 1;
		output += MVE_LANES;
	}
	return panels;
}

const int32_t *microtl_priv_mve_pairs(const int8_t *windows, const int32_t *panels, int8_t *output,
				      const struct microtl_priv_mve_output *how)
{
	return run(windows, PIXELS_MAX, panels, output, how);
}

const int32_t *microtl_priv_mve_row(const int8_t *values, const int32_t *panels, int8_t *output,
				    const struct microtl_priv_mve_output *how)
{
	return run(values, 1, panels, output, how);
}

#endif /* !MICROTL_PRIV_MVE */
