/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The blocks of planes.h for Cortex-M with SMLAD; planes.c says the same in C. */

#include "target.h"

#if MICROTL_PRIV_DSP_ASSEMBLY

	.syntax unified
	.thumb

/*
 * r0, r1 pixels of both rows, lr, r8 their steps; r2, r9-r11 cells of four planes, r12 the way to
 * the row above; r3 pixels to go.
 */
	.section .text.microtl_priv_dsp_split, "ax", %progbits
	.balign 4
	.global microtl_priv_dsp_split
	.type microtl_priv_dsp_split, %function
	.thumb_func
microtl_priv_dsp_split:
	push	{r4-r11, lr}
	mov	r10, r1
	ldmia	r2, {r4, r5}
	rsb	r12, r4, #4
	ldr	r8, [r0, #12]
	ldr	lr, [r0, #8]
	ldr	r3, [r0, #16]
	ldmia	r0, {r0, r1}
	mov	r2, r10
	add	r9, r2, r5
	add	r10, r9, r5
	add	r11, r10, r5
1:	ldr	r4, [r0]
	ldr	r5, [r1]
	add	r0, r0, lr
	add	r1, r1, r8
	pkhbt	r6, r4, r5, lsl #16
	pkhtb	r7, r5, r4, asr #16
	sxtb16	r4, r6
	sxtb16	r6, r6, ror #8
	sxtb16	r5, r7
	sxtb16	r7, r7, ror #8
	str	r4, [r2, r12]
	str	r4, [r2], #8
	str	r6, [r9, r12]
	str	r6, [r9], #8
	str	r5, [r10, r12]
	str	r5, [r10], #8
	str	r7, [r11, r12]
	str	r7, [r11], #8
	subs	r3, r3, #1
	bne	1b
	pop	{r4-r11, pc}
	.size microtl_priv_dsp_split, . - microtl_priv_dsp_split

/* struct microtl_priv_dsp_plane_output */
	.equ HOW_RIGHT, 0
	.equ HOW_BELOW, 4
	.equ HOW_ROWS, 8
	.equ HOW_COLUMNS, 12
	.equ HOW_ROW_SIZE, 16
	.equ HOW_ZERO_POINT, 20
	.equ HOW_MIN, 24
	.equ HOW_MAX, 28
	.equ HOW_ROUNDING, 32

/* Stack frame of a plane */
	.equ BIAS, 0		/* twice, for one load */
	.equ ZERO_POINT, 8	/* with */
	.equ BELOW, 12
	.equ RIGHT, 16		/* with */
	.equ ROW_END, 20
	.equ MIN, 24		/* with */
	.equ MAX, 28
	.equ ROWS, 32
	.equ NEXT_CELLS, 36	/* from the end of a row to the start of the next */
	.equ NEXT_OUTPUT, 40
	.equ TWO_BELOW, 44
	.equ FRAME, 52

/* One column of the window at \at: taps (0, 1) in \first, (1, 2) in \last. */
	.macro COLUMN at, first, last
	ldrd	r10, r11, [r0, #\at]
	smlad	r2, r10, \first, r2
	smlatb	r3, r10, \first, r3
	smlabt	r2, r11, \last, r2
	smlad	r3, r11, \last, r3
	.endm

	.macro CLAMP x
	cmp	\x, r10
	it	lt
	movlt	\x, r10
	cmp	\x, r11
	it	gt
	movgt	\x, r11
	.endm

/* Two rows of outputs at a time, r0 cells, r1 output, r4-r9 taps, r12 multiplier, lr factor. */
	.macro PLANE away, clamped
	b	8f
	.balign 4
1:	ldrd	r2, r3, [sp, #BIAS]
	COLUMN	0, r4, r5
	COLUMN	8, r6, r7
	COLUMN	16, r8, r9
	ldrd	r10, r11, [sp, #ZERO_POINT]
	smmulr	r2, r2, r12
	smmulr	r3, r3, r12
	.if \away
	add	r2, r2, r2, asr #31
	add	r3, r3, r3, asr #31
	.endif
	smmlar	r2, r2, lr, r10
	smmlar	r3, r3, lr, r10
	ssat	r2, #8, r2
	ssat	r3, #8, r3
	.if \clamped
	ldrd	r10, r11, [sp, #MIN]
	CLAMP	r2
	CLAMP	r3
	ldr	r11, [sp, #BELOW]
	.endif
	/* Where there is no row below, the way to it is 0 and the upper result is stored last. */
	strb	r3, [r1, r11]
	strb	r2, [r1]
	ldrd	r10, r11, [sp, #RIGHT]
	add	r1, r1, r10
	add	r0, r0, #8
	cmp	r1, r11
	bne	1b
	ldr	r2, [sp, #NEXT_CELLS]
	ldr	r3, [sp, #NEXT_OUTPUT]
	add	r0, r0, r2
	add	r1, r1, r3
	ldr	r2, [sp, #TWO_BELOW]
	add	r11, r11, r2
	str	r11, [sp, #ROW_END]
8:	ldr	r2, [sp, #ROWS]
	subs	r2, r2, #2
	str	r2, [sp, #ROWS]
	bge	1b
	adds	r2, r2, #1
	bne	9f
	str	r2, [sp, #BELOW]
	b	1b
9:
	.endm

	.section .text.microtl_priv_dsp_plane, "ax", %progbits
	.balign 4
	.global microtl_priv_dsp_plane
	.type microtl_priv_dsp_plane, %function
	.thumb_func
microtl_priv_dsp_plane:
	push	{r4-r11, lr}
	sub	sp, sp, #FRAME
	ldmia	r3, {r4-r11}
	/* r4 right, r5 below, r6 rows, r7 columns, r8 row size, r9 zero point, r10 min, r11 max */
	strd	r9, r5, [sp, #ZERO_POINT]
	strd	r10, r11, [sp, #MIN]
	str	r6, [sp, #ROWS]
	mul	r9, r7, r4
	add	r10, r2, r9
	strd	r4, r10, [sp, #RIGHT]
	sub	r8, r8, r7, lsl #3
	str	r8, [sp, #NEXT_CELLS]
	lsl	r5, r5, #1
	str	r5, [sp, #TWO_BELOW]
	sub	r5, r5, r9
	str	r5, [sp, #NEXT_OUTPUT]
	ldr	r3, [r3, #HOW_ROUNDING]
	mov	r10, r1
	mov	r1, r2
	ldmia	r10!, {r2, r12, lr}
	strd	r2, r2, [sp, #BIAS]
	ldmia	r10, {r4-r9}
	cmp	r3, #1
	beq	.Lplane_linear
	bhi	.Lplane_clamped
	PLANE	0, 0
	b	.Lplane_end
.Lplane_linear:
	PLANE	1, 0
	b	.Lplane_end
.Lplane_clamped:
	PLANE	1, 1
.Lplane_end:
	add	sp, sp, #FRAME
	pop	{r4-r11, pc}
	.size microtl_priv_dsp_plane, . - microtl_priv_dsp_plane

#endif /* MICROTL_PRIV_DSP_ASSEMBLY */
