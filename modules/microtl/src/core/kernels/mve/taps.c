/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The block of taps.h, for Helium and, with the same bits, for every other CPU. */

#include "taps.h"

#include "target.h"

#if MICROTL_PRIV_MVE

#include "finish.h"

/** Channels of a vector of int16. */
#define LANES 8

/** Four sums, those of every other channel from @a c on, to outputs in int16. */
static inline int32x4_t outputs_of(int32x4_t sum, const struct microtl_mve_depthwise *p, uint32_t c,
				   uint32x4_t every_other, mve_pred16_t some,
				   const struct mve_finish *finish)
{
	const int32x4_t bias = vldrwq_gather_shifted_offset_z_s32(p->bias + c, every_other, some);
	const int32x4_t multiplier =
		vldrwq_gather_shifted_offset_z_s32(p->multiplier + c, every_other, some);
	const int32x4_t shift = vldrbq_gather_offset_z_s32(p->shift + c, every_other, some);
	const int32x4_t y = vqrdmulhq_s32(vaddq_s32(sum, bias), multiplier);

	return mve_clamp(vrshlq_s32(mve_away_from_zero(y), shift), finish);
}

void microtl_priv_mve_taps(const struct microtl_priv_mve_taps *taps, const int8_t *x,
			   const int8_t *w, const struct microtl_mve_depthwise *p, int8_t *output)
{
	const int16_t zero_point = p->border;
	const struct mve_finish finish = mve_finish(p->out.zero_point, p->out.min, p->out.max);
	const uint32x4_t every_other = vidupq_n_u32(0, 2);
	const uint32_t channels = p->at.in_c;

	for (uint32_t c = 0; c < channels; c += LANES) {
		const mve_pred16_t some = vctp16q(channels - c);
		int32x4_t even = vdupq_n_s32(0);
		int32x4_t odd = vdupq_n_s32(0);

		for (uint32_t row = 0; row < taps->rows; row++) {
			const int8_t *tap_x = x + row * taps->row_x + c;
			const int8_t *tap_w = w + row * taps->row_w + c;

			for (uint32_t left = taps->columns; left != 0; left--) {
				const int16x8_t a =
					vsubq_n_s16(vldrbq_z_s16(tap_x, some), zero_point);
				const int16x8_t b = vldrbq_z_s16(tap_w, some);

				even = vaddq_s32(even, vmullbq_int_s16(a, b));
				odd = vaddq_s32(odd, vmulltq_int_s16(a, b));
				tap_x += taps->column_x;
				tap_w += taps->column_w;
			}
		}
		/* Lanes of the even channels c, c + 2 ..., and of the odd ones behind them. */
		even = outputs_of(even, p, c, every_other, vctp32q((channels - c + 1) / 2),
				  &finish);
		odd = outputs_of(odd, p, c + 1, every_other, vctp32q((channels - c) / 2), &finish);
		vstrbq_p_s16(output + c, vmovntq_s32(vreinterpretq_s16_s32(even), odd), some);
	}
}

#else

#include "../requant.h"

void microtl_priv_mve_taps(const struct microtl_priv_mve_taps *taps, const int8_t *x,
			   const int8_t *w, const struct microtl_mve_depthwise *p, int8_t *output)
{
	for (uint32_t c = 0; c < p->at.in_c; c++) {
		int32_t sum = p->bias[c];

		for (uint32_t i = 0; i < taps->rows * taps->columns; i++) {
			const size_t row = i / taps->columns;
			const size_t column = i % taps->columns;

			sum += (x[row * taps->row_x + column * taps->column_x + c] - p->border) *
			       w[row * taps->row_w + column * taps->column_w + c];
		}
		output[c] = to_output(requantize(sum, p->multiplier[c], p->shift[c]), &p->out);
	}
}

#endif /* MICROTL_PRIV_MVE */
