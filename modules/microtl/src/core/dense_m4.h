/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * The inner loops of dense.h, over columns in rounds of eight. They are written in C in dense.c,
 * and once more in dense_m4.S for every Cortex-M with a single-precision FPU, M4 to M55: its VMUL,
 * VADD and VSUB round like C. Read by C and by assembly.
 */

#ifndef MICROTL_CORE_DENSE_M4_H_
#define MICROTL_CORE_DENSE_M4_H_

#include "build_options.h"

#if MICROTL_WITH_ASSEMBLY && defined(__ARM_FP) && defined(__ARM_ARCH_PROFILE)
#define MICROTL_PRIV_DENSE_ASSEMBLY ((__ARM_FP & 4) != 0 && __ARM_ARCH_PROFILE == 'M')
#else
#define MICROTL_PRIV_DENSE_ASSEMBLY 0
#endif

/* Columns of a round. */
#define MICROTL_PRIV_ROUND 8

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

/* Assembly reads these in this order. Rows and columns are at least 1, columns whole rounds. */
struct microtl_priv_forward {
	const float *x;
	size_t columns;
	float *y;
	const float *begin;
	const float *weights;
	size_t rows;
	/* Bytes from one row to the next. */
	size_t stride;
};

struct microtl_priv_momentum {
	const float *x;
	size_t columns;
	float *weights;
	float *velocity;
	/* [rows] which rows of the matrices. */
	const uint16_t *index;
	const float *steps;
	size_t rows;
	/* Bytes from one row of the matrices to the next. */
	size_t stride;
	float momentum;
};

/* y[o] = begin[o] + w[o][i] x[i], i ascending. */
void microtl_priv_forward_rounds(const struct microtl_priv_forward *what);

/* velocity = momentum velocity - step[o] x, weight = weight + velocity, in row index[o]. */
void microtl_priv_momentum_rounds(const struct microtl_priv_momentum *what);

/* x[i] = q[i] scale[i] + offset[i], count whole rounds. */
void microtl_priv_dequantize_rounds(const int8_t *q, const float *scale, const float *offset,
				    float *x, size_t count);

#endif /* __ASSEMBLER__ */

#endif /* MICROTL_CORE_DENSE_M4_H_ */
