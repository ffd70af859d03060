/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Gradients, updates and decay; dense.c says the same in C. */

#include "dense_m4.h"

#if MICROTL_PRIV_DENSE_ASSEMBLY

#include "dense_m4.inc"

/*
 * r0 x, lr its end, r1-r6 rows of weights, r7-r12 rows of velocity;
 * s0-s7 x, s8-s15 velocity, s16-s23 weights, s24 a product, s25 momentum, s26-s31 steps.
 */
	.equ MOMENTUM_ROWS, 6
	.equ MOMENTUM_ROW_SIZE, 144

	/* A column's weight is left to the next one, whose step it fills. */
	.macro MOMENTUM_COLUMN step, x, v, w_before, v_before
	vmul.f32	\v, \v, s25
	vsub.f32	\v_before, \v_before, s24
	vmul.f32	s24, \step, \x
	vadd.f32	\w_before, \w_before, \v_before
	.endm

	.macro MOMENTUM_ROW weights, velocity, step
	vldmia	\velocity, {s8-s15}
	vldmia	\weights, {s16-s23}
	vmul.f32	s8, s8, s25
	vmul.f32	s24, \step, s0
	MOMENTUM_COLUMN \step, s1, s9, s16, s8
	MOMENTUM_COLUMN \step, s2, s10, s17, s9
	MOMENTUM_COLUMN \step, s3, s11, s18, s10
	MOMENTUM_COLUMN \step, s4, s12, s19, s11
	MOMENTUM_COLUMN \step, s5, s13, s20, s12
	MOMENTUM_COLUMN \step, s6, s14, s21, s13
	MOMENTUM_COLUMN \step, s7, s15, s22, s14
	vsub.f32	s15, s15, s24
	vstmia	\velocity!, {s8-s15}
	vadd.f32	s23, s23, s15
	vstmia	\weights!, {s16-s23}
	.endm

/* r0 weights, r5 steps, r6 from weights to velocity, r12 numbers of the rows, lr stride. */
	.macro MOMENTUM_BEGIN row, weights, velocity, step
	vldr	\step, [r5, #4 * \row]
	ldrh.w	\weights, [r12, #2 * \row]
	mla	\weights, \weights, lr, r0
	add.w	\velocity, \weights, r6
	.endm

/* In struct microtl_priv_update. */
	.equ UPDATE_MOMENTUM, 8

/* Stack: where a round begins, x, its end, then what MOMENTUM_BEGIN takes, the end of all steps. */
	.equ ROUND, 0
	.equ X, 4
	.equ BEGIN, 12
	.equ STEPS, 16
	.equ TO_VELOCITY, 20
	.equ NUMBERS, 24
	.equ STEPS_END, 32
	.equ MOMENTUM_STACK, 36

	FUNCTION microtl_priv_momentum_rounds
	push	{r4-r11, lr}
	vpush	{s16-s31}
	vldr	s25, [r0, #UPDATE_MOMENTUM]
	ldmia	r1, {r4-r10}
	sub	sp, sp, #MOMENTUM_STACK
	bic	r8, r8, #(MICROTL_PRIV_ROUND - 1)
	add	r8, r2, r8, lsl #2
	strd	r2, r8, [sp, #X]
	sub	r6, r5, r4
	lsl	r8, r7, #2
	mov	r12, #MOMENTUM_ROWS
	add	r11, r10, #(MOMENTUM_ROWS - 1)
	udiv	r11, r11, r12
	mul	r11, r11, r12
	sub	r11, r11, r10
	/* r11: rows left out. */
	sub	r5, r3, r11, lsl #2
	sub	r7, r9, r11, lsl #1
	add	r9, r3, r10, lsl #2
	add	r0, sp, #BEGIN
	stmia	r0, {r4-r9}
1:	adr.w	r1, 2f + 1
	add	r1, r1, r11, lsl #4	/* 16 bytes of code a row */
	mov	r2, #MOMENTUM_ROW_SIZE
	adr.w	r3, 3f + 1
	mla	r3, r11, r2, r3
	str	r3, [sp, #ROUND]
	add	r2, sp, #BEGIN
	ldmia	r2, {r0, r5, r6, r12, lr}
	vldr	s31, [r5, #20]
	bx	r1
	.balign 4
2:
	MOMENTUM_BEGIN 0, r1, r7, s26
	MOMENTUM_BEGIN 1, r2, r8, s27
	MOMENTUM_BEGIN 2, r3, r9, s28
	MOMENTUM_BEGIN 3, r4, r10, s29
	MOMENTUM_BEGIN 4, r5, r11, s30
	/* The last row takes the registers that the others were made from. */
	ldrh	r6, [r12, #10]
	mla	r6, r6, lr, r0
	ldr	r12, [sp, #TO_VELOCITY]
	add	r12, r12, r6
	ldrd	r0, lr, [sp, #X]
	vldmia	r0!, {s0-s7}
	ldr	pc, [sp, #ROUND]
	.balign 4
3:
	MOMENTUM_ROW r1, r7, s26
	MOMENTUM_ROW r2, r8, s27
	MOMENTUM_ROW r3, r9, s28
	MOMENTUM_ROW r4, r10, s29
	MOMENTUM_ROW r5, r11, s30
	MOMENTUM_ROW r6, r12, s31
	cmp	r0, lr
	beq	4f
	vldmia	r0!, {s0-s7}
	ldr	pc, [sp, #ROUND]
4:	ldr	r5, [sp, #STEPS]
	ldr	r12, [sp, #NUMBERS]
	ldr	r2, [sp, #STEPS_END]
	add	r5, r5, #(4 * MOMENTUM_ROWS)
	add	r12, r12, #(2 * MOMENTUM_ROWS)
	str	r5, [sp, #STEPS]
	str	r12, [sp, #NUMBERS]
	mov	r11, #0
	cmp	r5, r2
	bne.w	1b
	add	sp, sp, #MOMENTUM_STACK
	vpop	{s16-s31}
	pop	{r4-r11, pc}
	.size microtl_priv_momentum_rounds, . - microtl_priv_momentum_rounds

/*
 * r0 x, lr its end, r1-r12 rows of weights;
 * s0-s7 x, s8-s15 weights, s16-s27 factors, s28 and s29 products.
 */
	.equ ADD_ROWS, 12
	.equ ADD_ROW_SIZE, 72

	.macro ADD_ROW weights, factor
	vldmia	\weights, {s8-s15}
	vmul.f32	s28, \factor, s0
	vmul.f32	s29, \factor, s1
	vadd.f32	s8, s8, s28
	vmul.f32	s28, \factor, s2
	vadd.f32	s9, s9, s29
	vmul.f32	s29, \factor, s3
	vadd.f32	s10, s10, s28
	vmul.f32	s28, \factor, s4
	vadd.f32	s11, s11, s29
	vmul.f32	s29, \factor, s5
	vadd.f32	s12, s12, s28
	vmul.f32	s28, \factor, s6
	vadd.f32	s13, s13, s29
	vmul.f32	s29, \factor, s7
	vadd.f32	s14, s14, s28
	vadd.f32	s15, s15, s29
	vstmia	\weights!, {s8-s15}
	.endm

/* r0 numbers of the rows, r12 weights, lr stride; 8 bytes of code a row. */
	.macro ADD_BEGIN row, weights
	ldrh.w	\weights, [r0, #2 * \row]
	mla	\weights, \weights, lr, r12
	.endm

/* Stack: where a round begins, x, its end, weights, of the block factors, numbers; stride, end. */
	.equ ADD_ROUND, 0
	.equ ADD_X, 4
	.equ ADD_WEIGHTS, 12
	.equ ADD_FACTORS, 16
	.equ ADD_NUMBERS, 20
	.equ ADD_STRIDE, 24
	.equ ADD_FACTORS_END, 28
	.equ ADD_STACK, 32

	FUNCTION microtl_priv_add_rounds
	push	{r4-r11, lr}
	vpush	{s16-s29}
	ldmia	r0, {r4-r10}
	sub	sp, sp, #ADD_STACK
	bic	r8, r8, #(MICROTL_PRIV_ROUND - 1)
	add	r8, r1, r8, lsl #2
	strd	r1, r8, [sp, #ADD_X]
	mov	r12, #ADD_ROWS
	add	r11, r10, #(ADD_ROWS - 1)
	udiv	r11, r11, r12
	mul	r11, r11, r12
	sub	r11, r11, r10
	/* r11: rows left out. */
	sub	r5, r2, r11, lsl #2
	sub	r6, r9, r11, lsl #1
	lsl	r7, r7, #2
	add	r8, r2, r10, lsl #2
	add	r0, sp, #ADD_WEIGHTS
	stmia	r0, {r4-r8}
1:	mov	r2, #ADD_ROW_SIZE
	adr.w	r3, 4f + 1
	mla	r3, r11, r2, r3
	str	r3, [sp, #ADD_ROUND]
	ldr	r12, [sp, #ADD_WEIGHTS]
	ldr	r1, [sp, #ADD_FACTORS]
	ldr	r0, [sp, #ADD_NUMBERS]
	ldr	lr, [sp, #ADD_STRIDE]
	adr.w	r3, 2f + 1
	add	r3, r3, r11, lsl #2
	bx	r3
	.balign 4
2:
	TWELVE vldr, r1
	adr.w	r3, 3f + 1
	add	r3, r3, r11, lsl #3
	bx	r3
	.balign 4
3:
	ADD_BEGIN 0, r1
	ADD_BEGIN 1, r2
	ADD_BEGIN 2, r3
	ADD_BEGIN 3, r4
	ADD_BEGIN 4, r5
	ADD_BEGIN 5, r6
	ADD_BEGIN 6, r7
	ADD_BEGIN 7, r8
	ADD_BEGIN 8, r9
	ADD_BEGIN 9, r10
	ADD_BEGIN 10, r11
	/* The last row takes the registers that the others were made from. */
	ldrh	r0, [r0, #22]
	mla	r12, r0, lr, r12
	ldrd	r0, lr, [sp, #ADD_X]
	vldmia	r0!, {s0-s7}
	ldr	pc, [sp, #ADD_ROUND]
	.balign 4
4:
	ADD_ROW r1, s16
	ADD_ROW r2, s17
	ADD_ROW r3, s18
	ADD_ROW r4, s19
	ADD_ROW r5, s20
	ADD_ROW r6, s21
	ADD_ROW r7, s22
	ADD_ROW r8, s23
	ADD_ROW r9, s24
	ADD_ROW r10, s25
	ADD_ROW r11, s26
	ADD_ROW r12, s27
	cmp	r0, lr
	beq	5f
	vldmia	r0!, {s0-s7}
	ldr	pc, [sp, #ADD_ROUND]
5:	ldr	r5, [sp, #ADD_FACTORS]
	ldr	r6, [sp, #ADD_NUMBERS]
	ldr	r7, [sp, #ADD_FACTORS_END]
	add	r5, r5, #(4 * ADD_ROWS)
	add	r6, r6, #(2 * ADD_ROWS)
	str	r5, [sp, #ADD_FACTORS]
	str	r6, [sp, #ADD_NUMBERS]
	mov	r11, #0
	cmp	r5, r7
	bne.w	1b
	add	sp, sp, #ADD_STACK
	vpop	{s16-s29}
	pop	{r4-r11, pc}
	.size microtl_priv_add_rounds, . - microtl_priv_add_rounds

/* r0 weights, r1 their end, s8 what is kept of them. */
	FUNCTION microtl_priv_decay_rounds
	vldr	s8, [r2]
	bic	r1, r1, #(MICROTL_PRIV_ROUND - 1)
	add	r1, r0, r1, lsl #2
1:	vldmia	r0, {s0-s7}
	vmul.f32	s0, s0, s8
	vmul.f32	s1, s1, s8
	vmul.f32	s2, s2, s8
	vmul.f32	s3, s3, s8
	vmul.f32	s4, s4, s8
	vmul.f32	s5, s5, s8
	vmul.f32	s6, s6, s8
	vmul.f32	s7, s7, s8
	vstmia	r0!, {s0-s7}
	cmp	r0, r1
	bne	1b
	bx	lr
	.size microtl_priv_decay_rounds, . - microtl_priv_decay_rounds

#endif /* MICROTL_PRIV_DENSE_ASSEMBLY */
