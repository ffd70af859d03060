/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * The inner loops of dense.h, over columns in rounds of eight. They are written in C in dense.c,
 * and once more in dense_m4_*.S for every Cortex-M with a single-precision FPU, M4 to M55: its
 * VMUL, VADD and VSUB round like C. Read by C and by assembly.
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

struct microtl_priv_forward;
struct microtl_priv_update;
struct microtl_priv_rows;

/*
 * What the functions of the same name in dense.h do, for the columns that are whole rounds. Rows
 * and such columns are at least 1.
 */
void microtl_priv_forward_rounds(const struct microtl_priv_forward *layer);
void microtl_priv_add_rounds(const struct microtl_priv_rows *rows, const float *x,
			     const float *factors);
void microtl_priv_momentum_rounds(const struct microtl_priv_update *update,
				  const struct microtl_priv_rows *rows, const float *x,
				  const float *steps);
void microtl_priv_decay_rounds(float *weights, size_t count, const float *keep);
void microtl_priv_dequantize_rounds(const int8_t *q, const float *scale, const float *offset,
				    float *x, size_t count);

#endif /* __ASSEMBLER__ */

#endif /* MICROTL_CORE_DENSE_M4_H_ */
