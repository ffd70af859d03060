/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Runs a converted model: a constant table of operations over one arena.
 *
 * The arena is the only memory the engine needs; it belongs to the caller and keeps nothing from
 * one run to the next, so several models may take turns in it. An engine is not locked: calls on
 * engines that share an arena must not overlap in time. Everything runs in the caller's context,
 * for as long as the model takes, so not from an interrupt.
 */

#ifndef MICROTL_ENGINE_H_
#define MICROTL_ENGINE_H_

#include <stddef.h>
#include <stdint.h>

#include <microtl/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A model and the memory it runs in. */
struct microtl_engine {
	const struct microtl_model *model;
	int8_t *arena;
};

/**
 * @brief Bind a model to an arena.
 *
 * @param engine     Engine to set up.
 * @param model      Converted model; must stay valid as long as the engine is used.
 * @param arena      Working memory, aligned to MICROTL_ARENA_ALIGN bytes, of any content.
 * @param arena_size Bytes of @a arena, at least the model's arena_size.
 *
 * @retval 0       Done.
 * @retval -EINVAL A pointer is NULL, or @a arena is not aligned.
 * @retval -ENOMEM @a arena_size is too small.
 */
int microtl_engine_init(struct microtl_engine *engine, const struct microtl_model *model,
			void *arena, size_t arena_size);

/**
 * @brief Where the input goes: model->input.size values, quantised as model->input says.
 *
 * A run overwrites it: fill it before each run.
 */
int8_t *microtl_engine_input(const struct microtl_engine *engine);

/** @brief The result of a run, model->output.size values, valid until the arena is used again. */
const int8_t *microtl_engine_output(const struct microtl_engine *engine);

/** @brief Run the whole model from its input to its output. */
void microtl_engine_run(const struct microtl_engine *engine);

/**
 * @brief Run one operation, for measuring and for comparing intermediate tensors.
 *
 * Running 0 to op_count - 1 in order is a whole run.
 *
 * @param engine Engine.
 * @param index  Operation to run.
 *
 * @retval 0       Done.
 * @retval -EINVAL The model has no operation @a index.
 */
int microtl_engine_run_op(const struct microtl_engine *engine, size_t index);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_ENGINE_H_ */
