/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <microtl/engine.h>

#include "abi.h"

struct microtl_twin {
	struct microtl_engine engine;
};

struct microtl_twin *microtl_twin_new(const struct microtl_model *model)
{
	struct microtl_twin *twin = malloc(sizeof(*twin));
	/* One byte at least: malloc(0) may give NULL. */
	void *arena = malloc(model->arena_size + 1U);

	if (twin == NULL || arena == NULL ||
	    microtl_engine_init(&twin->engine, model, arena, model->arena_size) != 0) {
		free(arena);
		free(twin);
		return NULL;
	}
	return twin;
}

void microtl_twin_free(struct microtl_twin *twin)
{
	if (twin != NULL) {
		free(twin->engine.arena);
		free(twin);
	}
}

size_t microtl_twin_input_size(const struct microtl_twin *twin)
{
	return twin->engine.model->input.size;
}

size_t microtl_twin_output_size(const struct microtl_twin *twin)
{
	return twin->engine.model->output.size;
}

size_t microtl_twin_arena_size(const struct microtl_twin *twin)
{
	return twin->engine.model->arena_size;
}

size_t microtl_twin_op_count(const struct microtl_twin *twin)
{
	return twin->engine.model->op_count;
}

void microtl_twin_run(struct microtl_twin *twin, const int8_t *x, size_t count, int8_t *out)
{
	const size_t input_size = microtl_twin_input_size(twin);
	const size_t output_size = microtl_twin_output_size(twin);

	for (size_t i = 0; i < count; i++) {
		memcpy(microtl_engine_input(&twin->engine), x + i * input_size, input_size);
		microtl_engine_run(&twin->engine);
		memcpy(out + i * output_size, microtl_engine_output(&twin->engine), output_size);
	}
}

int microtl_twin_trace(struct microtl_twin *twin, const int8_t *x, size_t pieces,
		       const int32_t *ops, const uint32_t *offset, const uint32_t *size,
		       int8_t *out)
{
	const size_t arena_size = microtl_twin_arena_size(twin);
	int32_t done = -1;

	memcpy(microtl_engine_input(&twin->engine), x, microtl_twin_input_size(twin));
	for (size_t i = 0; i < pieces; i++) {
		if (ops[i] < done || offset[i] > arena_size || size[i] > arena_size - offset[i]) {
			return -EINVAL;
		}
		while (done < ops[i]) {
			const int err = microtl_engine_run_op(&twin->engine, (size_t)++done);

			if (err != 0) {
				return err;
			}
		}
		memcpy(out, twin->engine.arena + offset[i], size[i]);
		out += size[i];
	}
	return 0;
}
