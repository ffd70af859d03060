/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Copies of a few bytes.
 */

#ifndef MICROTL_KERNELS_MVE_BYTES_H_
#define MICROTL_KERNELS_MVE_BYTES_H_

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "target.h"

#if MICROTL_PRIV_MVE
#include <arm_mve.h>
#endif

/** memcpy() without its overhead: rows of windows are short. */
static inline void mve_copy(int8_t *to, const int8_t *from, size_t size)
{
#if MICROTL_PRIV_MVE
	for (int32_t left = (int32_t)size; left > 0; left -= 16) {
		const mve_pred16_t some = vctp8q((uint32_t)left);

		vstrbq_p_s8(to, vldrbq_z_s8(from, some), some);
		to += 16;
		from += 16;
	}
#else
	memcpy(to, from, size);
#endif
}

#endif /* MICROTL_KERNELS_MVE_BYTES_H_ */
