/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Runs one model of a table: reads its index, the number of inputs and the inputs from standard
 * input, writes the outputs. The arena is a block of exactly the size that the model asks for, full
 * of noise, so that a sanitizer sees each byte too many and a test each byte that nobody wrote.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <microtl/engine.h>

extern const struct microtl_model *const table[];

static void need(int good, const char *what)
{
	if (!good) {
		fprintf(stderr, "%s\n", what);
		exit(2);
	}
}

int main(void)
{
	uint32_t question[2];

	need(fread(question, sizeof(question), 1, stdin) == 1, "no question");
	const struct microtl_model *model = table[question[0]];
	struct microtl_engine engine;
	int8_t *arena = malloc(model->arena_size);

	need(arena != NULL, "no memory");
	memset(arena, 0x5a, model->arena_size);
	need(microtl_engine_init(&engine, model, arena, model->arena_size) == 0, "no engine");
	for (uint32_t i = 0; i < question[1]; i++) {
		need(fread(microtl_engine_input(&engine), model->input.size, 1, stdin) == 1,
		     "no input");
		microtl_engine_run(&engine);
		need(fwrite(microtl_engine_output(&engine), model->output.size, 1, stdout) == 1,
		     "no room");
	}
	free(arena);
	return 0;
}
