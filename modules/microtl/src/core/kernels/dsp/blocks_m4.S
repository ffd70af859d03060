/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * The blocks of blocks.h for Cortex-M with SMLAD; blocks.c says the same in C.
 *
 * All fourteen registers are at work in the inner loops: r0 values, r1 panel, r2-r5 sums, r6-r9
 * weights, r10-r12 and lr values. So what the loops need besides lies on the stack, and the end of
 * a loop is found by comparing r0 when the value registers are free. The loops are unrolled; the
 * first pass enters in the middle, so that any number of quads works.
 */

#include "target.h"

#if MICROTL_PRIV_DSP_ASSEMBLY

	.syntax unified
	.thumb

/* Stack frame of the blocks */
	.equ VALUES, 0
	.equ VALUES_END, 4
	.equ ENTRY, 8
	.equ TAIL, 12
	.equ ZERO_POINT, 16	/* with the next three, for one load */
	.equ OUTPUT, 20
	.equ STEP, 24
	.equ OUTPUT_END, 28
	.equ MIN, 32
	.equ MAX, 36
	.equ AFTER, 40		/* what follows a pass: the tail where one pass is all, else a check */
	.equ FRAME, 44

/*
 * Common start: r0 values, r1 panels, r2 output, r3 how. An inner round takes \quads quads,
 * 2^\bytes bytes of values, and \size bytes of code; \unroll of them make a pass, from \loop on.
 */
	.macro BLOCK_BEGIN loop, check, tails, quads, bytes, size, unroll
	push	{r4-r11, lr}
	sub	sp, sp, #FRAME
	ldmia	r3, {r4-r10}
	/* r4 quads, r5 step, r6 channels, r7 zero point, r8 min, r9 max, r10 rounding */
	add	r6, r6, r2
	strd	r8, r9, [sp, #MIN]
	strd	r7, r2, [sp, #ZERO_POINT]
	strd	r5, r6, [sp, #STEP]
	.if \quads == 2
	add	r4, r4, #1
	lsr	r4, r4, #1
	.endif
	add	r5, r0, r4, lsl #\bytes
	strd	r0, r5, [sp, #VALUES]
	/* Rounds to leave out of the first pass: -rounds mod unroll. */
	rsb	r5, r4, #0
	and	r5, r5, #(\unroll - 1)
	mov	r6, #\size
	adr.w	r7, \loop + 1
	mla	r5, r5, r6, r7
	adr	r7, \tails
	ldr	r6, [r7, r10, lsl #2]
	add	r6, r6, r7
	strd	r5, r6, [sp, #ENTRY]
	cmp	r4, #\unroll
	it	hi
	adrhi.w	r6, \check + 1
	str	r6, [sp, #AFTER]
	.endm

	.macro BLOCK_END
	mov	r0, r1
	add	sp, sp, #FRAME
	pop	{r4-r11, pc}
	.endm

/* Sums in r2-r5, zero point in r10: multiply, round ties away from zero, shift and saturate. */
	.macro MULTIPLY m0, m1, m2, m3
	smmulr	r2, r2, \m0
	smmulr	r3, r3, \m1
	smmulr	r4, r4, \m2
	smmulr	r5, r5, \m3
	.endm

	.macro AWAY_FROM_ZERO
	add	r2, r2, r2, asr #31
	add	r3, r3, r3, asr #31
	add	r4, r4, r4, asr #31
	add	r5, r5, r5, asr #31
	.endm

	.macro SHIFT f0, f1, f2, f3
	smmlar	r2, r2, \f0, r10
	smmlar	r3, r3, \f1, r10
	smmlar	r4, r4, \f2, r10
	smmlar	r5, r5, \f3, r10
	ssat	r2, #8, r2
	ssat	r3, #8, r3
	ssat	r4, #8, r4
	ssat	r5, #8, r5
	.endm

/* Clamps \x to r6..r7. */
	.macro CLAMP x
	cmp	\x, r6
	it	lt
	movlt	\x, r6
	cmp	\x, r7
	it	gt
	movgt	\x, r7
	.endm

	.macro CLAMP_ALL
	ldr	r6, [sp, #MIN]
	ldr	r7, [sp, #MAX]
	CLAMP	r2
	CLAMP	r3
	CLAMP	r4
	CLAMP	r5
	.endm

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

	.macro PAIR_FACTORS
	ldmia	r1!, {r6-r9}
	add	lr, sp, #ZERO_POINT
	ldmia	lr, {r10-r12, lr}
	MULTIPLY r6, r6, r7, r7
	.endm

	.macro PAIR_STORE
	strb	r3, [r11, r12]
	strb	r2, [r11], #1
	strb	r5, [r11, r12]
	strb	r4, [r11], #1
	str	r11, [sp, #OUTPUT]
	cmp	r11, lr
	bne.w	.Lpairs_panel
	b	.Lpairs_end
	.endm

	.section .text.microtl_priv_dsp_pairs, "ax", %progbits
	.balign 4
.Lpairs_tails:
	.word	.Lpairs_rectified - .Lpairs_tails + 1
	.word	.Lpairs_linear - .Lpairs_tails + 1
	.word	.Lpairs_clamped - .Lpairs_tails + 1
	.global microtl_priv_dsp_pairs
	.type microtl_priv_dsp_pairs, %function
	.thumb_func
microtl_priv_dsp_pairs:
	BLOCK_BEGIN .Lpairs_loop, .Lpairs_check, .Lpairs_tails, 1, 4, PAIR_ROUND_SIZE, PAIR_UNROLL
.Lpairs_panel:
	ldmia	r1!, {r2-r5}
	ldr	r0, [sp, #VALUES]
	ldr	pc, [sp, #ENTRY]
	.balign 4
.Lpairs_loop:
	.rept	PAIR_UNROLL
	PAIR_ROUND
	.endr
	ldr	pc, [sp, #AFTER]
.Lpairs_check:
	ldr	lr, [sp, #VALUES_END]
	cmp	r0, lr
	bne.w	.Lpairs_loop
	ldr	pc, [sp, #TAIL]
.Lpairs_rectified:
	PAIR_FACTORS
	SHIFT	r8, r8, r9, r9
	PAIR_STORE
.Lpairs_linear:
	PAIR_FACTORS
	AWAY_FROM_ZERO
	SHIFT	r8, r8, r9, r9
	PAIR_STORE
.Lpairs_clamped:
	PAIR_FACTORS
	AWAY_FROM_ZERO
	SHIFT	r8, r8, r9, r9
	CLAMP_ALL
	PAIR_STORE
.Lpairs_end:
	BLOCK_END
	.size microtl_priv_dsp_pairs, . - microtl_priv_dsp_pairs

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

	.macro ROW_FACTORS
	ldmia	r1!, {r6-r9}
	ldr	r10, [sp, #ZERO_POINT]
	MULTIPLY r6, r7, r8, r9
	ldmia	r1!, {r6-r9}
	.endm

	.macro ROW_STORE
	ldr	r11, [sp, #OUTPUT]
	ldr	lr, [sp, #OUTPUT_END]
	strb	r2, [r11], #1
	strb	r3, [r11], #1
	strb	r4, [r11], #1
	strb	r5, [r11], #1
	str	r11, [sp, #OUTPUT]
	cmp	r11, lr
	bne.w	.Lrow_panel
	b	.Lrow_end
	.endm

	.section .text.microtl_priv_dsp_row, "ax", %progbits
	.balign 4
.Lrow_tails:
	.word	.Lrow_rectified - .Lrow_tails + 1
	.word	.Lrow_linear - .Lrow_tails + 1
	.word	.Lrow_clamped - .Lrow_tails + 1
	.global microtl_priv_dsp_row
	.type microtl_priv_dsp_row, %function
	.thumb_func
microtl_priv_dsp_row:
	BLOCK_BEGIN .Lrow_loop, .Lrow_check, .Lrow_tails, 2, 3, ROW_ROUND_SIZE, ROW_UNROLL
.Lrow_panel:
	ldmia	r1!, {r2-r5}
	ldr	r0, [sp, #VALUES]
	ldr	pc, [sp, #ENTRY]
	.balign 4
.Lrow_loop:
	.rept	ROW_UNROLL
	ROW_ROUND
	.endr
	ldr	pc, [sp, #AFTER]
.Lrow_check:
	ldr	lr, [sp, #VALUES_END]
	cmp	r0, lr
	bne.w	.Lrow_loop
	ldr	pc, [sp, #TAIL]
.Lrow_rectified:
	ROW_FACTORS
	SHIFT	r6, r7, r8, r9
	ROW_STORE
.Lrow_linear:
	ROW_FACTORS
	AWAY_FROM_ZERO
	SHIFT	r6, r7, r8, r9
	ROW_STORE
.Lrow_clamped:
	ROW_FACTORS
	AWAY_FROM_ZERO
	SHIFT	r6, r7, r8, r9
	CLAMP_ALL
	ROW_STORE
.Lrow_end:
	BLOCK_END
	.size microtl_priv_dsp_row, . - microtl_priv_dsp_row

#endif /* MICROTL_PRIV_DSP_ASSEMBLY */
