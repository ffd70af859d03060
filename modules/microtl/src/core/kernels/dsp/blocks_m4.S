/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * The blocks of blocks.h for Cortex-M with SMLAD; blocks.c says the same in C. Those for weights of
 * int8 are in blocks_int8_m4.S.
 */

#include "target.h"

#if MICROTL_PRIV_DSP_ASSEMBLY

	.syntax unified
	.thumb

#include "frame_m4.h"

	.section .text.microtl_priv_dsp_widen_pair, "ax", %progbits
	.balign 4
	.global microtl_priv_dsp_widen_pair
	.type microtl_priv_dsp_widen_pair, %function
	.thumb_func
microtl_priv_dsp_widen_pair:
	push	{r4-r9}
1:	ldr	r4, [r0], #4
	ldr	r5, [r1], #4
	sxtb16	r6, r4
	sxtb16	r7, r5
	sxtb16	r8, r4, ror #8
	sxtb16	r9, r5, ror #8
	stmia	r2!, {r6-r9}
	subs	r3, r3, #1
	bne	1b
	pop	{r4-r9}
	bx	lr
	.size microtl_priv_dsp_widen_pair, . - microtl_priv_dsp_widen_pair

/* r0 values, r1 widened, r2 count; all of them may lie anywhere. */
	.section .text.microtl_priv_dsp_widen, "ax", %progbits
	.balign 4
	.global microtl_priv_dsp_widen
	.type microtl_priv_dsp_widen, %function
	.thumb_func
microtl_priv_dsp_widen:
	push	{r4, r5}
	subs	r2, r2, #4
	blt	2f
1:	ldr	r3, [r0], #4
	sxtb16	r4, r3
	sxtb16	r5, r3, ror #8
	pkhbt	r3, r4, r5, lsl #16
	pkhtb	r5, r5, r4, asr #16
	str	r3, [r1], #4
	str	r5, [r1], #4
	subs	r2, r2, #4
	bge	1b
2:	adds	r2, r2, #4
	beq	4f
3:	ldrsb	r3, [r0], #1
	strh	r3, [r1], #2
	subs	r2, r2, #1
	bne	3b
4:	pop	{r4, r5}
	bx	lr
	.size microtl_priv_dsp_widen, . - microtl_priv_dsp_widen

/* A quad of the windows at r0 and r3, to r1. */
	.macro GATHER_QUAD aligned
	.if \aligned
	ldrd	r7, r9, [r0], #8
	ldrd	r8, r10, [r3], #8
	.else
	ldr	r7, [r0], #4
	ldr	r9, [r0], #4
	ldr	r8, [r3], #4
	ldr	r10, [r3], #4
	.endif
	stmia	r1!, {r7-r10}
	.endm

/* To the next row and back to \row, or out. */
	.macro GATHER_NEXT row
	add	r0, r0, r5
	add	r3, r3, r5
	subs	r2, r2, #1
	bne	\row
	pop	{r4-r10, pc}
	.endm

/*
 * r0 first, r3 second window, r1 gathered, r2 rows, r4 quads, r5 from a row to the next. A quad takes
 * \size bytes of code. Short rows are a run through the end of the unrolled quads, entered at r12.
 */
	.macro GATHER size, aligned
	rsb	r12, r4, #GATHER_UNROLL
	mov	r6, #\size
	adr.w	r7, 2f + 1
	mla	r12, r12, r6, r7
	cmp	r4, #GATHER_UNROLL
	bhi	3f
1:	bx	r12
	.balign 4
2:
	.rept	GATHER_UNROLL
	GATHER_QUAD \aligned
	.endr
	GATHER_NEXT 1b
3:	mov	r6, r4
4:	GATHER_QUAD \aligned
	subs	r6, r6, #1
	bne	4b
	GATHER_NEXT 3b
	.endm
	.equ GATHER_UNROLL, 8

	.section .text.microtl_priv_dsp_gather, "ax", %progbits
	.balign 4
	.global microtl_priv_dsp_gather
	.type microtl_priv_dsp_gather, %function
	.thumb_func
microtl_priv_dsp_gather:
	push	{r4-r10, lr}
	ldmia	r0, {r2-r7}
	/* r2 rows, r3 second, r4 quads, r5 skip, r6 first, r7 aligned */
	mov	r0, r6
	cmp	r7, #0
	beq.w	.Lgather_unaligned
	GATHER	12, 1
.Lgather_unaligned:
	GATHER	20, 0
	.size microtl_priv_dsp_gather, . - microtl_priv_dsp_gather

/* r0 to, r1 from, r2 words. */
	.section .text.microtl_priv_dsp_move, "ax", %progbits
	.balign 4
	.global microtl_priv_dsp_move
	.type microtl_priv_dsp_move, %function
	.thumb_func
microtl_priv_dsp_move:
	push	{r4-r10}
	subs	r2, r2, #8
	blt	2f
1:	ldmia	r1!, {r3-r10}
	stmia	r0!, {r3-r10}
	subs	r2, r2, #8
	bge	1b
2:	adds	r2, r2, #8
	beq	4f
3:	ldr	r3, [r1], #4
	str	r3, [r0], #4
	subs	r2, r2, #1
	bne	3b
4:	pop	{r4-r10}
	bx	lr
	.size microtl_priv_dsp_move, . - microtl_priv_dsp_move

/* One quad: two words of two channels' weights, two words of two pixels' values, 16 products. */
	.macro PAIR_ROUND
	ldmia	r1!, {r6-r9}
	ldmia	r0!, {r10-r12, lr}
	smlad	r2, r6, r10, r2
	smlad	r3, r6, r11, r3
	smlad	r4, r7, r10, r4
	smlad	r5, r7, r11, r5
	smlad	r2, r8, r12, r2
	smlad	r3, r8, lr, r3
	smlad	r4, r9, r12, r4
	smlad	r5, r9, lr, r5
	.endm
	.equ PAIR_ROUND_SIZE, 40
	.equ PAIR_UNROLL, 32

	BLOCK_FUNCTION pairs
	BLOCK_BEGIN pairs, 1, 4, PAIR_ROUND_SIZE, PAIR_UNROLL
.Lpairs_panel:
	ldmia	r1!, {r2-r5}
	ldr	r0, [sp, #VALUES]
	ldr	pc, [sp, #ENTRY]
	.balign 4
.Lpairs_loop:
	.rept	PAIR_UNROLL
	PAIR_ROUND
	.endr
	BLOCK_NEXT pairs
	BLOCK_TAILS pairs, PAIR_FACTORS, PAIR_STORE, r8, r8, r9, r9

/* Two quads of one vector, widened here, and four words of each of four channels' weights. */
	.macro ROW_CHANNEL sum
	ldmia	r1!, {r6-r9}
	smlad	\sum, r6, r10, \sum
	smlad	\sum, r7, r11, \sum
	smlad	\sum, r8, r12, \sum
	smlad	\sum, r9, lr, \sum
	.endm

	.macro ROW_ROUND
	ldmia	r0!, {r11, lr}
	sxtb16	r10, r11
	sxtb16	r11, r11, ror #8
	sxtb16	r12, lr
	sxtb16	lr, lr, ror #8
	ROW_CHANNEL r2
	ROW_CHANNEL r3
	ROW_CHANNEL r4
	ROW_CHANNEL r5
	.endm
	.equ ROW_ROUND_SIZE, 100
	.equ ROW_UNROLL, 8

	BLOCK_FUNCTION row
	BLOCK_BEGIN row, 2, 3, ROW_ROUND_SIZE, ROW_UNROLL
.Lrow_panel:
	ldmia	r1!, {r2-r5}
	ldr	r0, [sp, #VALUES]
	ldr	pc, [sp, #ENTRY]
	.balign 4
.Lrow_loop:
	.rept	ROW_UNROLL
	ROW_ROUND
	.endr
	BLOCK_NEXT row
	BLOCK_TAILS row, ROW_FACTORS, ROW_STORE, r6, r7, r8, r9

#endif /* MICROTL_PRIV_DSP_ASSEMBLY */
