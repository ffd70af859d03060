/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Start-up for QEMU's Cortex-M boards: vectors, FPU, and output through semihosting. */

#include <stddef.h>
#include <stdint.h>

extern uint32_t stack_top;
extern uint32_t data_load, data_start, data_end, bss_start, bss_end;

int main(int argc, char **argv);
void reset(void);
void fault(void);
int _write(int file, const char *data, int size);
void _exit(int code);

/* Arm's semihosting: operation in r0, its parameters in r1. */
static int semihosting(int operation, const void *parameters)
{
	register int r0 __asm__("r0") = operation;
	register const void *r1 __asm__("r1") = parameters;

	__asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
	return r0;
}

int _write(int file, const char *data, int size)
{
	(void)file;
	for (int i = 0; i < size; i++) {
		(void)semihosting(0x03, &data[i]); /* SYS_WRITEC */
	}
	return size;
}

void _exit(int code)
{
	/* SYS_EXIT: ADP_Stopped_ApplicationExit, or a run-time error. */
	(void)semihosting(0x18, (const void *)(code == 0 ? 0x20026U : 0x20023U));
	for (;;) {
	}
}

void fault(void)
{
	_exit(1);
}

void reset(void)
{
#if defined(__ARM_FP)
	/* CPACR: full access to the FPU. */
	*(volatile uint32_t *)0xE000ED88U |= 0xFU << 20;
	__asm__ volatile("dsb\n isb");
#endif
	uint32_t *from = &data_load;
	for (uint32_t *to = &data_start; to < &data_end; to++) {
		*to = *from++;
	}
	for (uint32_t *to = &bss_start; to < &bss_end; to++) {
		*to = 0;
	}
	_exit(main(0, NULL));
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
	&stack_top, reset, fault, fault, fault, fault, fault,
};
