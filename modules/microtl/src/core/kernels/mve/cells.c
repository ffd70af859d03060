/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The blocks of cells.h in C: what cells_helium.S does, for every other CPU and for reading. */

#include "cells.h"

#include "target.h"

#if !MICROTL_PRIV_MVE

#include <microtl/kernels.h>

#include "../requant.h"

void microtl_priv_mve_split(const struct microtl_priv_mve_band *band, int8_t *cells)
{
	for (uint32_t x = 0; x < band->pixels; x++) {
		for (uint32_t y = 0; y < MVE_CELL_ROWS; y++) {
			const int8_t *pixel = band->row[y] + x * band->step[y];

			for (uint32_t c = 0; c < band->channels; c++) {
				cells[c * MVE_CELL_ROWS + y] = pixel[c];
			}
		}
		cells += MVE_CELL_STEP;
	}
}

/** The sum of a 3x3 window whose first value is at @a cells. */
static int32_t sum_of(const int8_t *cells, const int8_t *taps)
{
	int32_t sum = 0;

	for (uint32_t column = 0; column < 3; column++) {
		for (uint32_t row = 0; row < 3; row++) {
			sum += taps[column * MVE_CELL_ROWS + row] *
			       cells[column * MVE_CELL_STEP + row];
		}
	}
	return sum;
}

void microtl_priv_mve_planes(const int8_t *cells, const int8_t *taps, int8_t *output,
			     const struct microtl_priv_mve_planes *how)
{
	const struct microtl_output out = {
		.zero_point = (int16_t)how->zero_point,
		.min = (int8_t)how->min,
		.max = (int8_t)how->max,
	};

	for (uint32_t c = 0; c < how->channels; c++) {
		for (uint32_t i = 0; i < how->rows * how->columns; i++) {
			const uint32_t x = i % how->columns;
			const uint32_t y = i / how->columns;
			const int32_t sum = how->bias[c] + sum_of(cells + x * MVE_CELL_STEP + y,
								  taps + MVE_TAPS_AT);

			output[x * how->right + y * how->below] =
				to_output(requantize(sum, how->multiplier[c], how->shift[c]), &out);
		}
		cells += MVE_CELL_ROWS;
		taps += MVE_TAPS_SIZE;
		output++;
	}
}

#endif /* !MICROTL_PRIV_MVE */
