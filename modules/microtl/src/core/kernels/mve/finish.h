/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief From sums to outputs, four at a time, for the files that are compiled for Helium.
 */

#ifndef MICROTL_KERNELS_MVE_FINISH_H_
#define MICROTL_KERNELS_MVE_FINISH_H_

#include <arm_mve.h>

#include <microtl/kernels.h>

/** Zero point and clamp of an output, in registers. */
struct mve_finish {
	int32x4_t min, max;
	int32_t zero_point;
};

static inline struct mve_finish mve_finish(int32_t zero_point, int32_t min, int32_t max)
{
	return (struct mve_finish){vdupq_n_s32(min), vdupq_n_s32(max), zero_point};
}

/**
 * What the reference's second rounding wants before vrshl, which takes ties upwards: ties go away
 * from zero if a negative value is one less. That never matters but at a tie.
 */
static inline int32x4_t mve_away_from_zero(int32x4_t x)
{
	return vaddq_s32(x, vshrq_n_s32(x, 31));
}

static inline int32x4_t mve_clamp(int32x4_t x, const struct mve_finish *finish)
{
	return vminq_s32(vmaxq_s32(vaddq_n_s32(x, finish->zero_point), finish->min), finish->max);
}

#endif /* MICROTL_KERNELS_MVE_FINISH_H_ */
