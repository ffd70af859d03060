/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Features to floats, and the forward pass; dense.c says the same in C. */

#include "dense_m4.h"

#if MICROTL_PRIV_DENSE_ASSEMBLY

#include "dense_m4.inc"

/*
 * r0 x, lr its end, r1-r12 rows of weights;
 * s0-s7 x, s8-s15 weights, then products, s16-s27 sums.
 */
	.equ FORWARD_ROWS, 12
	.equ FORWARD_ROW_SIZE, 68

	.macro FORWARD_ROW weights, sum
	vldmia	\weights!, {s8-s15}
	vmul.f32	s8, s8, s0
	vmul.f32	s9, s9, s1
	vadd.f32	\sum, \sum, s8
	vmul.f32	s10, s10, s2
	vadd.f32	\sum, \sum, s9
	vmul.f32	s11, s11, s3
	vadd.f32	\sum, \sum, s10
	vmul.f32	s12, s12, s4
	vadd.f32	\sum, \sum, s11
	vmul.f32	s13, s13, s5
	vadd.f32	\sum, \sum, s12
	vmul.f32	s14, s14, s6
	vadd.f32	\sum, \sum, s13
	vmul.f32	s15, s15, s7
	vadd.f32	\sum, \sum, s14
	vadd.f32	\sum, \sum, s15
	.endm

/* Stack: where a round begins, x, its end, of the block y, begin, weights; stride, end of y. */
	.equ FORWARD_ROUND, 0
	.equ FORWARD_X, 4
	.equ FORWARD_Y, 12
	.equ FORWARD_LEFT_OUT, 32
	.equ FORWARD_STACK, 36

	FUNCTION microtl_priv_forward_rounds
	push	{r4-r11, lr}
	vpush	{s16-s27}
	ldmia	r0, {r1-r7}
	sub	sp, sp, #FORWARD_STACK
	bic	r2, r2, #(MICROTL_PRIV_ROUND - 1)
	lsl	r7, r7, #2
	add	r2, r1, r2, lsl #2
	add	r8, r3, r6, lsl #2
	mov	r9, #FORWARD_ROWS
	add	r10, r6, #(FORWARD_ROWS - 1)
	udiv	r10, r10, r9
	mul	r10, r10, r9
	sub	r10, r10, r6
	/* r10: rows left out. */
	sub	r3, r3, r10, lsl #2
	sub	r4, r4, r10, lsl #2
	mls	r5, r10, r7, r5
	add	r0, sp, #FORWARD_X
	stmia	r0, {r1, r2, r3, r4, r5, r7, r8}
1:	str	r10, [sp, #FORWARD_LEFT_OUT]
	mov	r2, #FORWARD_ROW_SIZE
	adr.w	r3, 3f + 1
	mla	r3, r10, r2, r3
	str	r3, [sp, #FORWARD_ROUND]
	add	r2, sp, #(FORWARD_Y + 4)
	ldmia	r2, {r0, r1, lr}
	adr.w	r2, 2f + 1
	add	r2, r2, r10, lsl #2
	bx	r2
	.balign 4
2:
	TWELVE vldr, r0
	add	r2, r1, lr
	add	r3, r2, lr
	add	r4, r3, lr
	add	r5, r4, lr
	add	r6, r5, lr
	add	r7, r6, lr
	add	r8, r7, lr
	add	r9, r8, lr
	add	r10, r9, lr
	add	r11, r10, lr
	add	r12, r11, lr
	ldrd	r0, lr, [sp, #FORWARD_X]
	vldmia	r0!, {s0-s7}
	ldr	pc, [sp, #FORWARD_ROUND]
	.balign 4
3:
	FORWARD_ROW r1, s16
	FORWARD_ROW r2, s17
	FORWARD_ROW r3, s18
	FORWARD_ROW r4, s19
	FORWARD_ROW r5, s20
	FORWARD_ROW r6, s21
	FORWARD_ROW r7, s22
	FORWARD_ROW r8, s23
	FORWARD_ROW r9, s24
	FORWARD_ROW r10, s25
	FORWARD_ROW r11, s26
	FORWARD_ROW r12, s27
	cmp	r0, lr
	beq	4f
	vldmia	r0!, {s0-s7}
	ldr	pc, [sp, #FORWARD_ROUND]
4:	ldr	r10, [sp, #FORWARD_LEFT_OUT]
	add	r0, sp, #FORWARD_Y
	ldmia	r0, {r1, r2, r3, r4, r5}
	adr.w	r6, 5f + 1
	add	r6, r6, r10, lsl #2
	bx	r6
	.balign 4
5:
	TWELVE vstr, r1
	mov	r10, #FORWARD_ROWS
	add	r1, r1, r10, lsl #2
	add	r2, r2, r10, lsl #2
	mla	r3, r10, r4, r3
	stmia	r0, {r1, r2, r3}
	mov	r10, #0
	cmp	r1, r5
	bne.w	1b
	add	sp, sp, #FORWARD_STACK
	vpop	{s16-s27}
	pop	{r4-r11, pc}
	.size microtl_priv_forward_rounds, . - microtl_priv_forward_rounds

/* r0 q, at any address, r1 scale, r2 offset, r3 x, r12 the end of x. */
	FUNCTION microtl_priv_dequantize_rounds
	ldr	r12, [sp]
	push	{r4-r11}
	bic	r12, r12, #(MICROTL_PRIV_ROUND - 1)
	add	r12, r3, r12, lsl #2
1:	ldrsb	r4, [r0]
	ldrsb	r5, [r0, #1]
	ldrsb	r6, [r0, #2]
	ldrsb	r7, [r0, #3]
	ldrsb	r8, [r0, #4]
	ldrsb	r9, [r0, #5]
	ldrsb	r10, [r0, #6]
	ldrsb	r11, [r0, #7]
	adds	r0, r0, #8
	vmov	s0, r4
	vmov	s1, r5
	vmov	s2, r6
	vmov	s3, r7
	vmov	s4, r8
	vmov	s5, r9
	vmov	s6, r10
	vmov	s7, r11
	vldmia	r1!, {s8-s15}
	vcvt.f32.s32	s0, s0
	vcvt.f32.s32	s1, s1
	vcvt.f32.s32	s2, s2
	vcvt.f32.s32	s3, s3
	vcvt.f32.s32	s4, s4
	vcvt.f32.s32	s5, s5
	vcvt.f32.s32	s6, s6
	vcvt.f32.s32	s7, s7
	vmul.f32	s0, s0, s8
	vmul.f32	s1, s1, s9
	vmul.f32	s2, s2, s10
	vmul.f32	s3, s3, s11
	vmul.f32	s4, s4, s12
	vmul.f32	s5, s5, s13
	vmul.f32	s6, s6, s14
	vmul.f32	s7, s7, s15
	vldmia	r2!, {s8-s15}
	vadd.f32	s0, s0, s8
	vadd.f32	s1, s1, s9
	vadd.f32	s2, s2, s10
	vadd.f32	s3, s3, s11
	vadd.f32	s4, s4, s12
	vadd.f32	s5, s5, s13
	vadd.f32	s6, s6, s14
	vadd.f32	s7, s7, s15
	vstmia	r3!, {s0-s7}
	cmp	r3, r12
	bne	1b
	pop	{r4-r11}
	bx	lr
	.size microtl_priv_dequantize_rounds, . - microtl_priv_dequantize_rounds

#endif /* MICROTL_PRIV_DENSE_ASSEMBLY */
