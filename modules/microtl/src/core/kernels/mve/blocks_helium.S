/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * The block of two pixels and four channels for Helium; blocks.c says the same in C.
 *
 * VMLADAVA wants its sum in an even register, so all eight even ones are sums: r0, r2, r4, r6 those
 * of the first pixel, r8, r10, r12, lr those of the second. The odd ones are pointers: r11 and r1 the
 * windows, r3 the end of the first; r9 the panel; r5 and r7 the outputs. q6, q7 hold the clamp.
 */

#include "target.h"

#if MICROTL_PRIV_MVE

	.syntax unified
	.thumb

/* struct microtl_priv_mve_output and the stack frame: a copy of it, and more */
	.equ DEPTH, 0
	.equ STEP, 4
	.equ CHANNELS, 8
	.equ ZERO_POINT, 12
	.equ OUTPUT_END, 16
	.equ WINDOWS, 20	/* with the next one, for one load */
	.equ SECOND, 24
	.equ FRAME, 32

/* Sixteen weights of a channel times both windows' values. */
	.macro CHANNEL weights, first, second
	vldrb.8	\weights, [r9], #16
	vmladava.s8	\first, q0, \weights
	vmladava.s8	\second, q1, \weights
	.endm

	.section .text.microtl_priv_mve_pairs, "ax", %progbits
	.balign 4
	.global microtl_priv_mve_pairs
	.type microtl_priv_mve_pairs, %function
	.thumb_func
microtl_priv_mve_pairs:
	push	{r4-r11, lr}
	vpush	{d12-d15}
	sub	sp, sp, #FRAME
	ldmia	r3, {r4-r8, r10}
	/* r4 depth, r5 step, r6 channels, r7 zero point, r8 min, r10 max */
	vdup.32	q6, r8
	vdup.32	q7, r10
	add	r6, r6, r2
	strd	r7, r6, [sp, #ZERO_POINT]
	mov	r9, r1
	mov	r11, r0
	add	r1, r0, r4
	strd	r11, r1, [sp, #WINDOWS]
	mov	r3, r1
	add	r7, r2, r5
	mov	r5, r2
1:	ldm	r9, {r0, r2, r4, r6}
	ldm	r9!, {r8, r10, r12, lr}
2:	vldrb.8	q0, [r11], #16
	vldrb.8	q1, [r1], #16
	CHANNEL	q2, r0, r8
	CHANNEL	q3, r2, r10
	CHANNEL	q2, r4, r12
	CHANNEL	q3, r6, lr
	cmp	r11, r3
	bne	2b
	vldrw.32	q2, [r9], #16
	vmov	q0[2], q0[0], r0, r4
	vmov	q0[3], q0[1], r2, r6
	vmov	q1[2], q1[0], r8, r12
	vmov	q1[3], q1[1], r10, lr
	vqrdmulh.s32	q0, q0, q2
	vqrdmulh.s32	q1, q1, q2
	mov	r4, r9
	add	r9, r9, #4
	vldrb.s32	q2, [r4]
	ldrd	r0, r2, [sp, #ZERO_POINT]
	ldrd	r11, r1, [sp, #WINDOWS]
	/* Ties go away from zero. */
	vshr.s32	q3, q0, #31
	vadd.i32	q0, q0, q3
	vshr.s32	q3, q1, #31
	vadd.i32	q1, q1, q3
	vrshl.s32	q0, q0, q2
	vrshl.s32	q1, q1, q2
	vadd.i32	q0, q0, r0
	vadd.i32	q1, q1, r0
	vmax.s32	q0, q0, q6
	vmax.s32	q1, q1, q6
	vmin.s32	q0, q0, q7
	vmin.s32	q1, q1, q7
	/* The second pixel first: without one, both go to one place. */
	vstrb.32	q1, [r7], #4
	vstrb.32	q0, [r5], #4
	cmp	r5, r2
	bne	1b
	mov	r0, r9
	add	sp, sp, #FRAME
	vpop	{d12-d15}
	pop	{r4-r11, pc}
	.size microtl_priv_mve_pairs, . - microtl_priv_mve_pairs

#endif /* MICROTL_PRIV_MVE */
