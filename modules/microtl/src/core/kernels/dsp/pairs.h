/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief All output channels of two neighbouring pixels, an odd last channel included.
 */

#ifndef MICROTL_KERNELS_DSP_PAIRS_H_
#define MICROTL_KERNELS_DSP_PAIRS_H_

#include <stdbool.h>
#include <stdint.h>

#include <microtl/kernels_dsp.h>

#include "blocks.h"

struct dsp_pairs {
	const int32_t *panels;
	struct microtl_priv_dsp_output how;
	/** For a pixel without a second one. */
	struct microtl_priv_dsp_output how_alone;
	uint32_t channels;
};

static inline struct dsp_pairs dsp_pairs(const struct microtl_dsp_conv2d *p, uint32_t quads)
{
	struct dsp_pairs pairs = {
		.panels = p->panels,
		.how =
			{
				.quads = (int32_t)quads,
				.step = p->at.out_c,
				.channels = p->at.out_c / 2 * 2,
				.zero_point = p->out.zero_point,
				.min = p->out.min,
				.max = p->out.max,
				.rounding = p->rounding,
			},
		.channels = p->at.out_c,
	};

	pairs.how_alone = pairs.how;
	pairs.how_alone.step = 0;
	return pairs;
}

/** An odd last channel: its partner goes nowhere. */
static inline void dsp_pairs_last(const struct dsp_pairs *pairs, dsp_pairs_block block,
				  const uint32_t *widened, const int32_t *panel, int8_t *output,
				  bool alone)
{
	struct microtl_priv_dsp_output how = pairs->how;
	int8_t last[4];

	how.step = 2;
	how.channels = 2;
	(void)block(widened, panel, last, &how);
	output[pairs->channels - 1U] = last[0];
	if (!alone) {
		output[2U * pairs->channels - 1U] = last[2];
	}
}

/** @param alone The second pixel is the first once more: both results go to one place. */
static inline void dsp_pairs_run(const struct dsp_pairs *pairs, dsp_pairs_block block,
				 const uint32_t *widened, int8_t *output, bool alone)
{
	const int32_t *panels = pairs->panels;

	if (pairs->how.channels != 0) {
		const struct microtl_priv_dsp_output *how = alone ? &pairs->how_alone : &pairs->how;

		panels = block(widened, panels, output, how);
	}
	if (pairs->channels % 2U != 0) {
		dsp_pairs_last(pairs, block, widened, panels, output, alone);
	}
}

#endif /* MICROTL_KERNELS_DSP_PAIRS_H_ */
