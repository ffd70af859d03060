/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief One pixel of a depthwise convolution of any window, eight channels at a time.
 */

#ifndef MICROTL_KERNELS_MVE_TAPS_H_
#define MICROTL_KERNELS_MVE_TAPS_H_

#include <stddef.h>
#include <stdint.h>

#include <microtl/kernels_mve.h>

/** The taps of a window that lie inside the image. */
struct microtl_priv_mve_taps {
	/** Rows may be 0; columns are not, unless rows are. */
	uint32_t rows, columns;
	/** Bytes from one to the next, in the image and in the weights. */
	size_t row_x, row_w;
	size_t column_x, column_w;
};

/** All channels of a pixel; @a x and @a w are the first tap's. */
void microtl_priv_mve_taps(const struct microtl_priv_mve_taps *taps, const int8_t *x,
			   const int8_t *w, const struct microtl_mve_depthwise *p, int8_t *output);

#endif /* MICROTL_KERNELS_MVE_TAPS_H_ */
