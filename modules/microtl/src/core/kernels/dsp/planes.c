/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The blocks of planes.h in C: what planes_m4.S does, for every other CPU and for reading. */

#include "planes.h"
#include "target.h"

#if !MICROTL_PRIV_DSP_ASSEMBLY

#include "arithmetic.h"

void microtl_priv_dsp_split(const struct microtl_priv_dsp_rows *rows, uint32_t *cells,
			    const struct microtl_priv_dsp_planes *planes)
{
	const uint32_t row_words = planes->row_size / 4;

	for (uint32_t i = 0; i < rows->pixels; i++) {
		const int8_t *upper = rows->upper + i * rows->upper_step;
		const int8_t *lower = rows->lower + i * rows->lower_step;

		for (uint32_t c = 0; c < DSP_PLANE_CHANNELS; c++) {
			uint32_t *cell = cells + c * planes->plane_size / 4 + i * DSP_CELL_WORDS;
			const uint32_t word = dsp_two(upper[c], lower[c]);

			cell[0] = word;
			*(cell - row_words + 1) = word;
		}
	}
}

void microtl_priv_dsp_plane(const uint32_t *cells, const int32_t *filter, int8_t *output,
			    const struct microtl_priv_dsp_plane_output *how)
{
	const struct dsp_finish finish = {how->zero_point, how->min, how->max, how->rounding};

	for (uint32_t y = 0; y < how->rows; y += 2) {
		const uint32_t *cell = cells + y / 2 * how->row_size / 4;
		int8_t *pixel = output + y * how->below;

		for (uint32_t x = 0; x < how->columns; x++) {
			uint32_t upper = (uint32_t)filter[0];
			uint32_t lower = (uint32_t)filter[0];

			for (uint32_t i = 0; i < 3; i++) {
				const uint32_t a = cell[DSP_CELL_WORDS * (x + i)];
				const uint32_t b = cell[DSP_CELL_WORDS * (x + i) + 1];
				const uint32_t first = (uint32_t)filter[3 + 2 * i];
				const uint32_t last = (uint32_t)filter[4 + 2 * i];

				upper += dsp_dual(a, first) + dsp_dual(b & 0xFFFFU, last >> 16);
				lower += dsp_dual(a >> 16, first & 0xFFFFU) + dsp_dual(b, last);
			}
			*pixel = dsp_finish(upper, filter[1], filter[2], finish);
			if (y + 1 < how->rows) {
				pixel[how->below] = dsp_finish(lower, filter[1], filter[2], finish);
			}
			pixel += how->right;
		}
	}
}

#endif /* !MICROTL_PRIV_DSP_ASSEMBLY */
