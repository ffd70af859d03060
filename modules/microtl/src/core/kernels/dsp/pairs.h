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
	uint32_t channels;
};

static inline struct dsp_pairs dsp_pairs(const struct microtl_dsp_conv2d *p, uint32_t quads)
{
	return (struct dsp_pairs){
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
}

/** @param alone The second pixel is the first once more: both results go to one place. */
static inline void dsp_pairs_run(const struct dsp_pairs *pairs, const uint32_t *widened,
				 int8_t *output, bool alone)
{
	const int32_t *panels = pairs->panels;
	struct microtl_priv_dsp_output how = pairs->how;
	const uint32_t even = (uint32_t)how.channels;

	if (alone) {
		how.step = 0;
	}
	if (even != 0) {
		panels = microtl_priv_dsp_pairs(widened, panels, output, &how);
	}
	if (even != pairs->channels) {
		/* The partner of an odd last channel goes nowhere. */
		int8_t *second = output + how.step;
		int8_t last[4];

		how.step = 2;
		how.channels = 2;
		(void)microtl_priv_dsp_pairs(widened, panels, last, &how);
		output[even] = last[0];
		second[even] = last[2];
	}
}

#endif /* MICROTL_KERNELS_DSP_PAIRS_H_ */
