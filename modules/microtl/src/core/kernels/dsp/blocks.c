/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The blocks in C: what blocks_m4.S does, for every other CPU and for reading. */

#include "blocks.h"
#include "target.h"

#if !MICROTL_PRIV_DSP_ASSEMBLY

#include <microtl/kernels_dsp.h>

#include "../requant.h"

static uint32_t two(int8_t low, int8_t high)
{
	return (uint32_t)(uint16_t)low | (uint32_t)(uint16_t)high << 16;
}

/** SMLAD without the accumulation. */
static uint32_t dual(uint32_t a, uint32_t b)
{
	const int32_t low = (int16_t)a * (int16_t)b;
	const int32_t high = (int16_t)(a >> 16) * (int16_t)(b >> 16);

	return (uint32_t)low + (uint32_t)high;
}

/** SMMULR and SMMLAR: high word of a * b + c * 2^32, rounded. */
static int32_t high_rounded(int32_t a, int32_t b, int32_t c)
{
	const int64_t sum = (int64_t)a * b + (int64_t)c * (INT64_C(1) << 32);

	return (int32_t)((sum + (INT64_C(1) << 31)) >> 32);
}

static int8_t finish(uint32_t sum, int32_t multiplier, int32_t factor,
		     const struct microtl_priv_dsp_output *how)
{
	int32_t x = high_rounded((int32_t)sum, multiplier, 0);

	if (how->rounding != MICROTL_DSP_RECTIFIED) {
		x += x >> 31;
	}
	x = clamp(high_rounded(x, factor, how->zero_point), INT8_MIN, INT8_MAX);
	if (how->rounding == MICROTL_DSP_CLAMPED) {
		x = clamp(x, how->min, how->max);
	}
	return (int8_t)x;
}

void microtl_priv_dsp_widen_pair(const int8_t *first, const int8_t *second, uint32_t *widened,
				 uint32_t quads)
{
	for (uint32_t i = 0; i < quads; i++) {
		widened[0] = two(first[0], first[2]);
		widened[1] = two(second[0], second[2]);
		widened[2] = two(first[1], first[3]);
		widened[3] = two(second[1], second[3]);
		first += 4;
		second += 4;
		widened += 2 * DSP_QUAD_WORDS;
	}
}

const int32_t *microtl_priv_dsp_pairs(const uint32_t *widened, const int32_t *panels,
				      int8_t *output, const struct microtl_priv_dsp_output *how)
{
	for (int32_t channel = 0; channel < how->channels; channel += 2) {
		uint32_t sum[2][2] = {
			{(uint32_t)panels[0], (uint32_t)panels[0]},
			{(uint32_t)panels[1], (uint32_t)panels[1]},
		};
		const uint32_t *x = widened;

		panels += 2;
		for (int32_t i = 0; i < DSP_QUAD_WORDS * how->quads; i++) {
			for (int c = 0; c < 2; c++) {
				sum[c][0] += dual((uint32_t)panels[c], x[0]);
				sum[c][1] += dual((uint32_t)panels[c], x[1]);
			}
			panels += 2;
			x += 2;
		}
		for (int c = 0; c < 2; c++) {
			output[c] = finish(sum[c][0], panels[c], panels[2 + c], how);
			output[how->step + c] = finish(sum[c][1], panels[c], panels[2 + c], how);
		}
		panels += 4;
		output += 2;
	}
	return panels;
}

const int32_t *microtl_priv_dsp_row(const int8_t *values, const int32_t *panels, int8_t *output,
				    const struct microtl_priv_dsp_output *how)
{
	for (int32_t channel = 0; channel < how->channels; channel += 4) {
		uint32_t sum[4];

		for (int c = 0; c < 4; c++) {
			sum[c] = (uint32_t)panels[c];
		}
		panels += 4;
		for (int32_t i = 0; i < how->quads; i += 2) {
			const int8_t *x = values + 4 * i;
			const uint32_t widened[] = {two(x[0], x[2]), two(x[1], x[3]),
						    two(x[4], x[6]), two(x[5], x[7])};

			for (int c = 0; c < 4; c++) {
				for (int k = 0; k < 2 * DSP_QUAD_WORDS; k++) {
					sum[c] += dual((uint32_t)*panels++, widened[k]);
				}
			}
		}
		for (int c = 0; c < 4; c++) {
			output[c] = finish(sum[c], panels[c], panels[4 + c], how);
		}
		panels += 8;
		output += 4;
	}
	return panels;
}

#endif /* !MICROTL_PRIV_DSP_ASSEMBLY */
