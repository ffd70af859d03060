/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* One pixel at a time: blocks.c says the same in C. */

#include "blocks.h"

#include "target.h"

#if MICROTL_PRIV_MVE

#include "finish.h"

const int32_t *microtl_priv_mve_row(const int8_t *values, const int32_t *panels, int8_t *output,
				    const struct microtl_priv_mve_output *how)
{
	const struct mve_finish finish = mve_finish(how->zero_point, how->min, how->max);
	const int8_t *const end = output + how->channels;

	for (; output != end; output += MVE_LANES) {
		const int8_t *w = (const int8_t *)(panels + MVE_LANES);
		const int8_t *x = values;
		int32_t sum0 = panels[0];
		int32_t sum1 = panels[1];
		int32_t sum2 = panels[2];
		int32_t sum3 = panels[3];

		for (uint32_t left = how->depth / MICROTL_MVE_VECTOR; left != 0; left--) {
			const int8x16_t v = vld1q_s8(x);

			sum0 = vmladavaq_s8(sum0, v, vld1q_s8(w));
			sum1 = vmladavaq_s8(sum1, v, vld1q_s8(w + MICROTL_MVE_VECTOR));
			sum2 = vmladavaq_s8(sum2, v, vld1q_s8(w + 2 * MICROTL_MVE_VECTOR));
			sum3 = vmladavaq_s8(sum3, v, vld1q_s8(w + 3 * MICROTL_MVE_VECTOR));
			x += MICROTL_MVE_VECTOR;
			w += MVE_LANES * MICROTL_MVE_VECTOR;
		}
		const int32_t *scale = (const int32_t *)(const void *)w;
		const int32_t sums[MVE_LANES] = {sum0, sum1, sum2, sum3};
		int32x4_t y = vqrdmulhq_s32(vld1q_s32(sums), vld1q_s32(scale));

		y = vrshlq_s32(mve_away_from_zero(y),
			       vldrbq_s32((const int8_t *)(scale + MVE_LANES)));
		vstrbq_s32(output, mve_clamp(y, &finish));
		panels = scale + MVE_LANES + 1;
	}
	return panels;
}

#endif /* MICROTL_PRIV_MVE */
