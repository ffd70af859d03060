/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Walks tensors of MICROTL_DIMS dimensions by strides.
 */

#ifndef MICROTL_KERNELS_WALK_H_
#define MICROTL_KERNELS_WALK_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microtl/kernels.h>

/** Dimensions that walk_next() steps through; the innermost one is the caller's own loop. */
#define WALK_OUTER (MICROTL_DIMS - 1)

/** A place in two tensors that are walked together. */
struct walk {
	uint32_t index[WALK_OUTER];
	/** Elements from the start of either tensor; start both at 0 or where the tensor begins. */
	ptrdiff_t a, b;
};

/** Goes to the next row; false after the last one. */
static inline bool walk_next(struct walk *walk, const uint32_t dims[MICROTL_DIMS],
			     const int32_t stride_a[MICROTL_DIMS],
			     const int32_t stride_b[MICROTL_DIMS])
{
	for (int d = WALK_OUTER - 1; d >= 0; d--) {
		walk->a += stride_a[d];
		walk->b += stride_b[d];
		if (++walk->index[d] < dims[d]) {
			return true;
		}
		walk->a -= (ptrdiff_t)dims[d] * stride_a[d];
		walk->b -= (ptrdiff_t)dims[d] * stride_b[d];
		walk->index[d] = 0;
	}
	return false;
}

#endif /* MICROTL_KERNELS_WALK_H_ */
