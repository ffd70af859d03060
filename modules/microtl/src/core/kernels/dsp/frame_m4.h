/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * What the matrix products in assembly share: stack frame, start, end, and from sums to outputs.
 *
 * All fourteen registers are at work in the inner loops: r0 values, r1 panel, r2-r5 sums, the
 * others weights and values. So what the loops need besides lies on the stack, and the end of a
 * loop is found by comparing r0 when the value registers are free. The loops are unrolled; the
 * first pass enters in the middle, so that any number of quads works.
 */

#ifndef MICROTL_KERNELS_DSP_FRAME_M4_H_
#define MICROTL_KERNELS_DSP_FRAME_M4_H_

/* clang-format off */

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

/* The head of a function: in front of it, where it goes on after the sums, by rounding. */
	.macro BLOCK_FUNCTION name
	.section .text.microtl_priv_dsp_\name, "ax", %progbits
	.balign 4
.L\name\()_tails:
	.word	.L\name\()_rectified - .L\name\()_tails + 1
	.word	.L\name\()_linear - .L\name\()_tails + 1
	.word	.L\name\()_clamped - .L\name\()_tails + 1
	.global microtl_priv_dsp_\name
	.type microtl_priv_dsp_\name, %function
	.thumb_func
microtl_priv_dsp_\name:
	.endm

/*
 * Common start: r0 values, r1 panels, r2 output, r3 how. An inner round takes \quads quads,
 * 2^\bytes bytes of values, and \size bytes of code; \unroll of them make a pass.
 */
	.macro BLOCK_BEGIN name, quads, bytes, size, unroll
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
	adr.w	r7, .L\name\()_loop + 1
	mla	r5, r5, r6, r7
	adr	r7, .L\name\()_tails
	ldr	r6, [r7, r10, lsl #2]
	add	r6, r6, r7
	strd	r5, r6, [sp, #ENTRY]
	cmp	r4, #\unroll
	it	hi
	adrhi.w	r6, .L\name\()_check + 1
	str	r6, [sp, #AFTER]
	.endm

/* Behind the unrolled rounds: once more, or on to the tail. */
	.macro BLOCK_NEXT name
	ldr	pc, [sp, #AFTER]
.L\name\()_check:
	ldr	lr, [sp, #VALUES_END]
	cmp	r0, lr
	bne.w	.L\name\()_loop
	ldr	pc, [sp, #TAIL]
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

/* From sums to outputs, for each rounding: \factors leaves the shift factors in \f0 to \f3. */
	.macro BLOCK_TAILS name, factors, store, f0, f1, f2, f3
.L\name\()_rectified:
	\factors
	SHIFT	\f0, \f1, \f2, \f3
	\store	\name
.L\name\()_linear:
	\factors
	AWAY_FROM_ZERO
	SHIFT	\f0, \f1, \f2, \f3
	\store	\name
.L\name\()_clamped:
	\factors
	AWAY_FROM_ZERO
	SHIFT	\f0, \f1, \f2, \f3
	CLAMP_ALL
	\store	\name
.L\name\()_end:
	BLOCK_END
	.size microtl_priv_dsp_\name, . - microtl_priv_dsp_\name
	.endm

/* Two channels of two pixels. */
	.macro PAIR_FACTORS
	ldmia	r1!, {r6-r9}
	add	lr, sp, #ZERO_POINT
	ldmia	lr, {r10-r12, lr}
	MULTIPLY r6, r6, r7, r7
	.endm

	.macro PAIR_STORE name
	strb	r3, [r11, r12]
	strb	r2, [r11], #1
	strb	r5, [r11, r12]
	strb	r4, [r11], #1
	str	r11, [sp, #OUTPUT]
	cmp	r11, lr
	bne.w	.L\name\()_panel
	b	.L\name\()_end
	.endm

/* Four channels of one pixel. */
	.macro ROW_FACTORS
	ldmia	r1!, {r6-r9}
	ldr	r10, [sp, #ZERO_POINT]
	MULTIPLY r6, r7, r8, r9
	ldmia	r1!, {r6-r9}
	.endm

	.macro ROW_STORE name
	ldr	r11, [sp, #OUTPUT]
	ldr	lr, [sp, #OUTPUT_END]
	strb	r2, [r11], #1
	strb	r3, [r11], #1
	strb	r4, [r11], #1
	strb	r5, [r11], #1
	str	r11, [sp, #OUTPUT]
	cmp	r11, lr
	bne.w	.L\name\()_panel
	b	.L\name\()_end
	.endm

#endif /* MICROTL_KERNELS_DSP_FRAME_M4_H_ */
