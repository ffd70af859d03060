/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The blocks of cells.h for Helium; cells.c says the same in C. */

#include "target.h"

#if MICROTL_PRIV_MVE

	.syntax unified
	.thumb

/*
 * r0 the band, r1 cells. Four vectors of 16 channels, one a row, become 16 cells by the interleaving
 * stores. r2-r5 rows, r6-r8, r10 steps.
 */
	.section .text.microtl_priv_mve_split, "ax", %progbits
	.balign 4
	.global microtl_priv_mve_split
	.type microtl_priv_mve_split, %function
	.thumb_func
microtl_priv_mve_split:
	push	{r4-r10, lr}
	ldrd	lr, r9, [r0, #32]
	vctp.8	r9
	ldmia	r0, {r2-r8, r10}
	wls	lr, lr, 2f
1:	vpstttt
	vldrbt.8	q0, [r2]
	vldrbt.8	q1, [r3]
	vldrbt.8	q2, [r4]
	vldrbt.8	q3, [r5]
	add	r2, r2, r6
	add	r3, r3, r7
	add	r4, r4, r8
	add	r5, r5, r10
	vst40.8	{q0, q1, q2, q3}, [r1]
	vst41.8	{q0, q1, q2, q3}, [r1]
	vst42.8	{q0, q1, q2, q3}, [r1]
	vst43.8	{q0, q1, q2, q3}, [r1]!
	le	lr, 1b
2:	pop	{r4-r10, pc}
	.size microtl_priv_mve_split, . - microtl_priv_mve_split

/* struct microtl_priv_mve_planes */
	.equ HOW_BIAS, 0	/* with the multipliers, the shifts and the number of channels */
	.equ HOW_ZERO_POINT, 16	/* with the clamp, right and below */
	.equ HOW_COLUMNS, 36	/* with the rows */

/* Stack frame */
	.equ MIN, 0		/* vectors */
	.equ MAX, 16
	.equ NEIGHBOURS, 32	/* the cells of four columns, before the first step */
	.equ BIAS, 48		/* with the next */
	.equ MULTIPLIER, 52
	.equ SHIFT, 56		/* with the next */
	.equ CHANNELS, 60
	.equ PAIRS, 64		/* with the next: lanes of a pair */
	.equ LANES, 68
	.equ ODD_LANES, 72	/* lanes of a last column, 0 where there is none; with the next */
	.equ OUTPUT, 76
	.equ FRAME, 80
	.equ STEP, 128		/* two columns of cells */

/*
 * Two by two outputs. q1 addresses of the cells, q2-q5 taps, q6 places of the outputs from r1 on; r3
 * bias, r5 multiplier, r7 shift, r9 zero point, r10 bytes to the next two columns.
 */
	.macro OUTPUTS
	vldrw.u32	q0, [q1, #STEP]!
	vmladav.s8	r2, q0, q2
	vmladav.s8	r4, q0, q3
	vmladav.s8	r6, q0, q4
	vmladav.s8	r8, q0, q5
	vmov	q0[2], q0[0], r2, r6
	vmov	q0[3], q0[1], r4, r8
	vadd.i32	q0, q0, r3
	vqrdmulh.s32	q0, q0, r5
	/* Ties go away from zero. */
	vshr.s32	q7, q0, #31
	vadd.i32	q0, q0, q7
	vldrw.32	q7, [sp, #MIN]
	vrshl.s32	q0, r7
	vadd.i32	q0, q0, r9
	vmax.s32	q0, q0, q7
	vldrw.32	q7, [sp, #MAX]
	vmin.s32	q0, q0, q7
	vpst
	vstrbt.32	q0, [r1, q6]
	.endm

/* r0 cells, r12 taps, r11 channel; the channels one after the other. */
	.section .text.microtl_priv_mve_planes, "ax", %progbits
	.balign 4
	.global microtl_priv_mve_planes
	.type microtl_priv_mve_planes, %function
	.thumb_func
microtl_priv_mve_planes:
	push	{r4-r11, lr}
	vpush	{d8-d15}
	sub	sp, sp, #FRAME
	mov	r12, r1
	mov	r11, r2
	add	lr, r3, #HOW_ZERO_POINT
	ldm	lr, {r5-r9}
	/* r5 zero point, r6 min, r7 max, r8 right, r9 below */
	vdup.32	q0, r6
	vstrw.32	q0, [sp, #MIN]
	vdup.32	q0, r7
	vstrw.32	q0, [sp, #MAX]
	mov	r4, #0
	vidup.u32	q0, r4, #1
	vshl.i32	q0, q0, #6
	mvn	r4, #(STEP - 1)
	vadd.i32	q0, q0, r4
	vstrw.32	q0, [sp, #NEIGHBOURS]
	/* Lanes of the places: left, right, left below, right below. */
	mov	r4, #0
	add	r6, r8, r9
	vmov	q6[2], q6[0], r4, r9
	vmov	q6[3], q6[1], r8, r6
	lsl	r10, r8, #1
	mov	r9, r5
	ldrd	r4, r5, [r3, #HOW_COLUMNS]
	/* Two rows are all lanes, a byte is a bit of the mask; one row is the first two. */
	movw	r6, #0xFFFF
	movw	r7, #0x0F0F
	cmp	r5, #2
	itt	ne
	movne	r6, #0x00FF
	movne	r7, #0x000F
	lsrs	r4, r4, #1
	it	cc
	movcc	r7, #0
	strd	r4, r6, [sp, #PAIRS]
	strd	r7, r11, [sp, #ODD_LANES]
	ldm	r3, {r4-r7}
	strd	r4, r5, [sp, #BIAS]
	strd	r6, r7, [sp, #SHIFT]
	mov	r11, #0
1:	ldrd	r2, r4, [sp, #BIAS]
	ldr	r6, [sp, #SHIFT]
	ldr	r1, [sp, #OUTPUT]
	ldr	r3, [r2, r11, lsl #2]
	ldr	r5, [r4, r11, lsl #2]
	ldrsb	r7, [r6, r11]
	add	r1, r1, r11
	vldrb.8	q2, [r12, #5]
	vldrb.8	q3, [r12, #1]
	vldrb.8	q4, [r12, #4]
	vldrb.8	q5, [r12], #24
	vldrw.32	q1, [sp, #NEIGHBOURS]
	vadd.i32	q1, q1, r0
	ldrd	r2, r4, [sp, #PAIRS]
	vmsr	p0, r4
	wls	lr, r2, 3f
2:	OUTPUTS
	add	r1, r1, r10
	le	lr, 2b
3:	ldr	r2, [sp, #ODD_LANES]
	cbz	r2, 4f
	vmsr	p0, r2
	OUTPUTS
4:	ldr	r2, [sp, #CHANNELS]
	add	r0, r0, #4
	add	r11, r11, #1
	cmp	r11, r2
	bne	1b
	add	sp, sp, #FRAME
	vpop	{d8-d15}
	pop	{r4-r11, pc}
	.size microtl_priv_mve_planes, . - microtl_priv_mve_planes

#endif /* MICROTL_PRIV_MVE */
