/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** @file
 * @brief What start.c offers to the bench programs. Lines of output are "label hexadecimal".
 */

#ifndef BENCH_FIRMWARE_H_
#define BENCH_FIRMWARE_H_

#include <stddef.h>
#include <stdint.h>

/** The program: called once, after memory and FPU are set up. */
void bench_main(void);

/** Start the next counted segment; what runs before the first mark is not counted. */
void bench_mark(void);

/** Fill the free stack with a pattern, to see later how deep it was used. */
void bench_paint_stack(void);

/** Print how many bytes of stack were used below the caller since the painting. */
void bench_print_stack(const char *label);

void bench_print_number(const char *label, uint32_t value);
void bench_print_bytes(const char *label, const void *data, size_t size);

#endif /* BENCH_FIRMWARE_H_ */
