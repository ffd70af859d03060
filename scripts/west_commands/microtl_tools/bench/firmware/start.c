/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Start-up of the bench firmware: vector table, FPU, zeroed memory, output through semihosting.
 * No libc start-up, so that what is counted is the core and nothing else.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "firmware.h"

#define CCR   (*(volatile uint32_t *)0xE000ED14u)
#define CPACR (*(volatile uint32_t *)0xE000ED88u)

#define CCR_UNALIGN_TRAP (1u << 3)
#define CPACR_FPU        (0xFu << 20)

#define SEMIHOSTING_WRITE0        0x04u
#define SEMIHOSTING_EXIT_EXTENDED 0x20u
#define EXIT_APPLICATION          0x20026u

#define STACK_PAINT 0xA5A5A5A5u
/* Words below the stack pointer that painting leaves alone: its own frame. */
#define STACK_GUARD 16

extern uint32_t bench_stack_bottom[];
extern uint32_t bench_stack_top[];
extern uint32_t bench_data_start[];
extern uint32_t bench_data_end[];
extern const uint32_t bench_data_image[];
extern uint32_t bench_bss_start[];
extern uint32_t bench_bss_end[];

void bench_start(void);

static void semihosting(uint32_t operation, const void *argument)
{
	register uint32_t r0 __asm__("r0") = operation;
	register const void *r1 __asm__("r1") = argument;

	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void stop(uint32_t code)
{
	const uint32_t block[2] = {EXIT_APPLICATION, code};

	semihosting(SEMIHOSTING_EXIT_EXTENDED, block);
	while (true) {
	}
}

static void fault(void)
{
	semihosting(SEMIHOSTING_WRITE0, "fault\n");
	stop(1);
}

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
	bench_stack_top, (const void *)bench_start, (const void *)fault, (const void *)fault,
	(const void *)fault, (const void *)fault,   (const void *)fault,
};

void bench_start(void)
{
#ifdef BENCH_FPU
	CPACR |= CPACR_FPU;
	__asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
#ifdef BENCH_TRAP_UNALIGNED
	CCR |= CCR_UNALIGN_TRAP;
#endif
	for (size_t i = 0; &bench_data_start[i] < bench_data_end; i++) {
		bench_data_start[i] = bench_data_image[i];
	}
	for (uint32_t *word = bench_bss_start; word < bench_bss_end; word++) {
		*word = 0;
	}
	bench_main();
	stop(0);
}

/* Kept out of line: the trace knows a mark by the address of this function, in order of calls. */
__attribute__((noinline)) void bench_mark(void)
{
	__asm__ volatile("");
}

__attribute__((noinline)) void bench_paint_stack(void)
{
	uint32_t *here = __builtin_frame_address(0);

	for (volatile uint32_t *word = bench_stack_bottom; word < here - STACK_GUARD; word++) {
		*word = STACK_PAINT;
	}
}

__attribute__((noinline)) void bench_print_stack(const char *label)
{
	const uint32_t *here = __builtin_frame_address(0);
	const uint32_t *word = bench_stack_bottom;

	while (*word == STACK_PAINT) {
		word++;
	}
	bench_print_number(label, (uint32_t)((const char *)here - (const char *)word));
}

static char digit(uint32_t nibble)
{
	return "0123456789abcdef"[nibble & 0xFu];
}

void bench_print_number(const char *label, uint32_t value)
{
	char text[10];

	for (unsigned int i = 0; i < 8; i++) {
		text[i] = digit(value >> (28 - 4 * i));
	}
	text[8] = '\n';
	text[9] = '\0';
	semihosting(SEMIHOSTING_WRITE0, label);
	semihosting(SEMIHOSTING_WRITE0, " ");
	semihosting(SEMIHOSTING_WRITE0, text);
}

void bench_print_bytes(const char *label, const void *data, size_t size)
{
	const uint8_t *bytes = data;
	char text[3] = {0};

	semihosting(SEMIHOSTING_WRITE0, label);
	semihosting(SEMIHOSTING_WRITE0, " ");
	for (size_t i = 0; i < size; i++) {
		text[0] = digit(bytes[i] >> 4);
		text[1] = digit(bytes[i]);
		semihosting(SEMIHOSTING_WRITE0, text);
	}
	semihosting(SEMIHOSTING_WRITE0, "\n");
}
