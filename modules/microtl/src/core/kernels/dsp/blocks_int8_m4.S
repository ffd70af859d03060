/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * The blocks of blocks.h on weights of int8, widened as they are used, for Cortex-M with SMLAD;
 * blocks.c says the same in C. Weights are not doubled, so the sums are at the end.
 */

#include "target.h"

#if MICROTL_PRIV_DSP_ASSEMBLY

	.syntax unified
	.thumb

#include "frame_m4.h"

	.macro DOUBLE_SUMS
	lsl	r2, r2, #1
	lsl	r3, r3, #1
	lsl	r4, r4, #1
	lsl	r5, r5, #1
	.endm

	.macro PAIR_INT8_FACTORS
	DOUBLE_SUMS
	PAIR_FACTORS
	.endm

	.macro ROW_INT8_FACTORS
	DOUBLE_SUMS
	ROW_FACTORS
	.endm

/* A quad of a channel's weights, two words of two pixels' values, 8 products. */
	.macro PAIR_INT8_CHANNEL weights, first, second
	sxtb16	r8, \weights
	sxtb16	r9, \weights, ror #8
	smlad	\first, r8, r10, \first
	smlad	\second, r8, r11, \second
	smlad	\first, r9, r12, \first
	smlad	\second, r9, lr, \second
	.endm

	.macro PAIR_INT8_ROUND
	ldmia.w	r1!, {r6, r7}
	ldmia	r0!, {r10-r12, lr}
	PAIR_INT8_CHANNEL r6, r2, r3
	PAIR_INT8_CHANNEL r7, r4, r5
	.endm
	.equ PAIR_INT8_ROUND_SIZE, 56
	.equ PAIR_INT8_UNROLL, 16

	BLOCK_FUNCTION pairs_int8
	BLOCK_BEGIN pairs_int8, 1, 4, PAIR_INT8_ROUND_SIZE, PAIR_INT8_UNROLL
.Lpairs_int8_panel:
	ldmia.w	r1!, {r2, r4}
	mov	r3, r2
	mov	r5, r4
	ldr	r0, [sp, #VALUES]
	ldr	pc, [sp, #ENTRY]
	.balign 4
.Lpairs_int8_loop:
	.rept	PAIR_INT8_UNROLL
	PAIR_INT8_ROUND
	.endr
	BLOCK_NEXT pairs_int8
	BLOCK_TAILS pairs_int8, PAIR_INT8_FACTORS, PAIR_STORE, r8, r8, r9, r9

/* A quad of one vector, r11 and lr once widened, and one of a channel's weights. */
	.macro ROW_INT8_CHANNEL weights, sum
	sxtb16	r10, \weights
	sxtb16	\weights, \weights, ror #8
	smlad	\sum, r10, r11, \sum
	smlad	\sum, \weights, lr, \sum
	.endm

	.macro ROW_INT8_ROUND
	ldr	lr, [r0], #4
	ldmia	r1!, {r6-r9}
	sxtb16	r11, lr
	sxtb16	lr, lr, ror #8
	ROW_INT8_CHANNEL r6, r2
	ROW_INT8_CHANNEL r7, r3
	ROW_INT8_CHANNEL r8, r4
	ROW_INT8_CHANNEL r9, r5
	.endm
	.equ ROW_INT8_ROUND_SIZE, 80
	.equ ROW_INT8_UNROLL, 8

	BLOCK_FUNCTION row_int8
	BLOCK_BEGIN row_int8, 1, 2, ROW_INT8_ROUND_SIZE, ROW_INT8_UNROLL
.Lrow_int8_panel:
	ldmia	r1!, {r2-r5}
	ldr	r0, [sp, #VALUES]
	ldr	pc, [sp, #ENTRY]
	.balign 4
.Lrow_int8_loop:
	.rept	ROW_INT8_UNROLL
	ROW_INT8_ROUND
	.endr
	BLOCK_NEXT row_int8
	BLOCK_TAILS row_int8, ROW_INT8_FACTORS, ROW_STORE, r6, r7, r8, r9

/*
 * A tap of four channels: r0 where the taps lie, r12 from where that counts, plus the first channel.
 * SXTB16 makes (0, 2) and (1, 3) of four weights and of four values.
 */
	.macro TAP_ROUND
	ldr	lr, [r0], #4
	ldr.w	r6, [r1], #4
	ldr	lr, [lr, r12]
	sxtb16	r8, r6
	sxtb16	r9, r6, ror #8
	sxtb16	r10, lr
	sxtb16	r11, lr, ror #8
	smlabb	r2, r8, r10, r2
	smlabb	r3, r9, r11, r3
	smlatt	r4, r8, r10, r4
	smlatt	r5, r9, r11, r5
	.endm
	.equ TAP_ROUND_SIZE, 44
	.equ TAP_UNROLL, 8

	BLOCK_FUNCTION taps
	ldr	r12, [sp]
	BLOCK_BEGIN taps, 1, 2, TAP_ROUND_SIZE, TAP_UNROLL
	sub	r12, r12, #4
.Ltaps_panel:
	ldmia	r1!, {r2-r5}
	ldr	r0, [sp, #VALUES]
	add	r12, r12, #4
	ldr	pc, [sp, #ENTRY]
	.balign 4
.Ltaps_loop:
	.rept	TAP_UNROLL
	TAP_ROUND
	.endr
	BLOCK_NEXT taps
	BLOCK_TAILS taps, ROW_INT8_FACTORS, ROW_STORE, r6, r7, r8, r9

#endif /* MICROTL_PRIV_DSP_ASSEMBLY */
