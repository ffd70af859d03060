/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <errno.h>

#include <microtl/engine.h>

#include "build_options.h"

int microtl_engine_init(struct microtl_engine *engine, const struct microtl_model *model,
			void *arena, size_t arena_size)
{
	if (MICROTL_WITH_CHECKS && (engine == NULL || model == NULL || arena == NULL ||
				    (uintptr_t)arena % MICROTL_ARENA_ALIGN != 0)) {
		return -EINVAL;
	}
	if (MICROTL_WITH_CHECKS && arena_size < model->arena_size) {
		return -ENOMEM;
	}

	engine->model = model;
	engine->arena = arena;
	return 0;
}

int8_t *microtl_engine_input(const struct microtl_engine *engine)
{
	return engine->arena + engine->model->input.offset;
}

const int8_t *microtl_engine_output(const struct microtl_engine *engine)
{
	return engine->arena + engine->model->output.offset;
}

void microtl_engine_run(const struct microtl_engine *engine)
{
	const struct microtl_op *op = engine->model->ops;
	const struct microtl_op *end = op + engine->model->op_count;

	for (; op < end; op++) {
		op->run(op, engine->arena);
	}
}

int microtl_engine_run_op(const struct microtl_engine *engine, size_t index)
{
	if (index >= engine->model->op_count) {
		return -EINVAL;
	}

	const struct microtl_op *op = &engine->model->ops[index];

	op->run(op, engine->arena);
	return 0;
}
