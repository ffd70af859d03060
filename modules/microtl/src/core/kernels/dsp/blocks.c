/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The blocks in C: what blocks_m4.S and blocks_int8_m4.S do, for every other CPU and for reading.
 */

#include "blocks.h"

#include <stddef.h>

#include "target.h"

#if !MICROTL_PRIV_DSP_ASSEMBLY

#include "arithmetic.h"

static int8_t finish(uint32_t sum, int32_t multiplier, int32_t factor,
		     const struct microtl_priv_dsp_output *how)
{
	const struct dsp_finish finish = {how->zero_point, how->min, how->max, how->rounding};

	return dsp_finish(sum, multiplier, factor, finish);
}

void microtl_priv_dsp_widen_pair(const int8_t *first, const int8_t *second, uint32_t *widened,
				 uint32_t quads)
{
	for (uint32_t i = 0; i < quads; i++) {
		widened[0] = dsp_two(first[0], first[2]);
		widened[1] = dsp_two(second[0], second[2]);
		widened[2] = dsp_two(first[1], first[3]);
		widened[3] = dsp_two(second[1], second[3]);
		first += 4;
		second += 4;
		widened += 2 * DSP_QUAD_WORDS;
	}
}

void microtl_priv_dsp_widen(const int8_t *values, int16_t *widened, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		widened[i] = values[i];
	}
}

void microtl_priv_dsp_move(uint32_t *to, const uint32_t *from, uint32_t words)
{
	for (uint32_t i = 0; i < words; i++) {
		to[i] = from[i];
	}
}

/** Two values in the order of memory. */
static uint32_t neighbours(const int16_t *x)
{
	return (uint32_t)(uint16_t)x[0] | (uint32_t)(uint16_t)x[1] << 16;
}

void microtl_priv_dsp_gather(const struct microtl_priv_dsp_windows *windows, uint32_t *gathered)
{
	const int16_t *first = windows->first;
	const int16_t *second = windows->second;
	const size_t row = 4 * windows->quads + windows->skip / sizeof(*first);

	for (uint32_t y = 0; y < windows->rows; y++) {
		for (uint32_t i = 0; i < 4 * windows->quads; i += 2) {
			*gathered++ = neighbours(first + i);
			*gathered++ = neighbours(second + i);
		}
		first += row;
		second += row;
	}
}

const int32_t *microtl_priv_dsp_pairs(const uint32_t *widened, const int32_t *panels,
				      int8_t *output, const struct microtl_priv_dsp_output *how)
{
	for (int32_t channel = 0; channel < how->channels; channel += 2) {
		uint32_t sum[2][2] = {
			{(uint32_t)panels[0], (uint32_t)panels[1]},
			{(uint32_t)panels[2], (uint32_t)panels[3]},
		};
		const uint32_t *x = widened;

		panels += 4;
		for (int32_t i = 0; i < DSP_QUAD_WORDS * how->quads; i++) {
			for (int c = 0; c < 2; c++) {
				sum[c][0] += dsp_dual((uint32_t)panels[c], x[0]);
				sum[c][1] += dsp_dual((uint32_t)panels[c], x[1]);
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
			const uint32_t widened[] = {dsp_two(x[0], x[2]), dsp_two(x[1], x[3]),
						    dsp_two(x[4], x[6]), dsp_two(x[5], x[7])};

			for (int c = 0; c < 4; c++) {
				for (int k = 0; k < 2 * DSP_QUAD_WORDS; k++) {
					sum[c] += dsp_dual((uint32_t)*panels++, widened[k]);
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

/** Two words of weights from four of int8, as SXTB16 does it. */
static void widen_weights(int32_t weights, uint32_t words[DSP_QUAD_WORDS])
{
	const uint32_t w = (uint32_t)weights;

	words[0] = dsp_two((int8_t)w, (int8_t)(w >> 16));
	words[1] = dsp_two((int8_t)(w >> 8), (int8_t)(w >> 24));
}

const int32_t *microtl_priv_dsp_pairs_int8(const uint32_t *widened, const int32_t *panels,
					   int8_t *output,
					   const struct microtl_priv_dsp_output *how)
{
	for (int32_t channel = 0; channel < how->channels; channel += 2) {
		const int32_t *scales = panels + 2 + 2 * how->quads;

		for (int c = 0; c < 2; c++) {
			const uint32_t *x = widened;
			uint32_t first = (uint32_t)panels[c];
			uint32_t second = first;

			for (int32_t i = 0; i < how->quads; i++) {
				uint32_t w[DSP_QUAD_WORDS];

				widen_weights(panels[2 + 2 * i + c], w);
				first += dsp_dual(w[0], x[0]) + dsp_dual(w[1], x[2]);
				second += dsp_dual(w[0], x[1]) + dsp_dual(w[1], x[3]);
				x += 2 * DSP_QUAD_WORDS;
			}
			/* Without a second pixel, both go to one place. */
			output[how->step + c] = finish(2 * second, scales[c], scales[2 + c], how);
			output[c] = finish(2 * first, scales[c], scales[2 + c], how);
		}
		panels = scales + 4;
		output += 2;
	}
	return panels;
}

const int32_t *microtl_priv_dsp_row_int8(const int8_t *values, const int32_t *panels,
					 int8_t *output, const struct microtl_priv_dsp_output *how)
{
	for (int32_t channel = 0; channel < how->channels; channel += 4) {
		const int32_t *scales = panels + 4 + 4 * how->quads;

		for (int c = 0; c < 4; c++) {
			uint32_t sum = (uint32_t)panels[c];

			for (int32_t i = 0; i < how->quads; i++) {
				const int8_t *x = values + 4 * i;
				uint32_t w[DSP_QUAD_WORDS];

				widen_weights(panels[4 + 4 * i + c], w);
				sum += dsp_dual(w[0], dsp_two(x[0], x[2])) +
				       dsp_dual(w[1], dsp_two(x[1], x[3]));
			}
			output[c] = finish(2 * sum, scales[c], scales[4 + c], how);
		}
		panels = scales + 8;
		output += 4;
	}
	return panels;
}

void microtl_priv_dsp_taps(const uint32_t *offsets, const int32_t *panels, int8_t *output,
			   const struct microtl_priv_dsp_output *how, const int8_t *arena)
{
	for (int32_t channel = 0; channel < how->channels; channel += 4) {
		const int32_t *scales = panels + 4 + how->quads;

		for (int c = 0; c < 4; c++) {
			int32_t sum = panels[c];

			for (int32_t i = 0; i < how->quads; i++) {
				const int8_t weight = (int8_t)((uint32_t)panels[4 + i] >> 8 * c);

				sum += weight * arena[offsets[i] + (uint32_t)(channel + c)];
			}
			output[channel + c] =
				finish(2 * (uint32_t)sum, scales[c], scales[4 + c], how);
		}
		panels = scales + 8;
	}
}

#endif /* !MICROTL_PRIV_DSP_ASSEMBLY */
