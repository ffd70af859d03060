/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * One whole inference, then the same once more operation by operation. BENCH_MODEL is the model's
 * symbol, BENCH_ARENA_SIZE its arena; the input is bench_input, made by the tool.
 */

#include <stdint.h>
#include <string.h>

#include <microtl/engine.h>

#include "firmware.h"

extern const struct microtl_model BENCH_MODEL;
extern const int8_t bench_input[];

static int8_t arena[BENCH_ARENA_SIZE] __attribute__((aligned(16)));

void bench_main(void)
{
	const struct microtl_model *model = &BENCH_MODEL;
	struct microtl_engine engine;

	if (microtl_engine_init(&engine, model, arena, sizeof(arena)) != 0) {
		return;
	}

	memcpy(microtl_engine_input(&engine), bench_input, model->input.size);
	bench_paint_stack();
	bench_mark();
	microtl_engine_run(&engine);
	bench_mark();
	bench_print_stack("stack");
	bench_print_bytes("output", microtl_engine_output(&engine), model->output.size);

	memcpy(microtl_engine_input(&engine), bench_input, model->input.size);
	for (size_t i = 0; i < model->op_count; i++) {
		bench_mark();
		(void)microtl_engine_run_op(&engine, i);
	}
	bench_mark();
}
