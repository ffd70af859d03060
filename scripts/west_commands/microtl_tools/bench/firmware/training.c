/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Training steps of one head with the one optimiser that the core was built with, a batch of
 * BENCH_BATCH samples each; then a label; then, at a batch of one, steps in which no row rests.
 * BENCH_LAYERS is the number of dense layers, BENCH_WIDTHS their widths as an initialiser, the
 * other names their sizes.
 */

#include <stdint.h>

#include <microtl/optimizer.h>
#include <microtl/replay.h>

#include "firmware.h"

#define REPLAY_CAPACITY 8
/* Makes weights so small that classes score alike: then none is learned, and no row rests. */
#define ALIKE_SHIFT     8

#if MICROTL_ARITHMETIC_FIXED
#define PARAM(number) ((number) >> (34 - MICROTL_PARAM_BITS))
#define SCALE         (1 << 10)
#else
#define PARAM(number) ((float)(number) * 0x1p-34f)
#define SCALE         0x1p-6f
#endif

static microtl_param_t feature_scale[BENCH_FEATURES];
static microtl_param_t params[BENCH_PARAMS];
static microtl_param_t state[2 * BENCH_PARAMS];
#if BENCH_BATCH > 1
static float gradient[BENCH_PARAMS];
#define GRADIENT gradient
#else
#define GRADIENT NULL
#endif
static microtl_real_t scratch[MICROTL_STEP_SCRATCH_COUNT(BENCH_HIDDEN, BENCH_ROWS)];
static int8_t features[BENCH_FEATURES];
static int8_t replay_features[MICROTL_REPLAY_FEATURES_SIZE(REPLAY_CAPACITY, BENCH_FEATURES)];
static struct microtl_replay_entry replay_entries[REPLAY_CAPACITY];

static const struct microtl_head_spec spec = {
	.layer_count = BENCH_LAYERS,
	.loss = MICROTL_LOSS_SOFTMAX,
	.width = BENCH_WIDTHS,
	.class_count = BENCH_ROWS,
	.feature_scale = feature_scale,
	.feature_offset = feature_scale,
	.params = params,
};

/* Numbers that are none of 0, 1 and equal: arithmetic that depends on values takes its long way. */
static void fill(unsigned int shift)
{
	uint32_t random = 1;

	for (size_t i = 0; i < BENCH_PARAMS; i++) {
		random = random * 1664525u + 1013904223u;
		params[i] = PARAM((int32_t)random >> shift);
	}
	for (size_t i = 0; i < BENCH_FEATURES; i++) {
		random = random * 1664525u + 1013904223u;
		features[i] = (int8_t)(random >> 24);
		feature_scale[i] = SCALE;
	}
}

/*
 * One update; updates_before says how many this one follows, for what is due now and then, shift
 * how small the weights are.
 */
static void train(uint32_t updates_before, unsigned int shift)
{
	struct microtl_optimizer_config config = MICROTL_OPTIMIZER_CONFIG_DEFAULT;
	struct microtl_optimizer optimizer;
	struct microtl_trainee trainee = {.spec = &spec, .params = params, .scratch = scratch};
	microtl_real_t loss;

	config.kind = MICROTL_ONLY_OPTIMIZER;
	for (uint16_t c = 0; c < BENCH_ROWS; c++) {
		microtl_class_set_add(&trainee.classes, (uint8_t)c);
	}
	fill(shift);
	if (microtl_optimizer_init(&optimizer, &config, state, GRADIENT, BENCH_PARAMS, 100) != 0) {
		bench_print_number("failed", (uint32_t)config.kind);
		return;
	}
	optimizer.updates = updates_before;
#if !MICROTL_ARITHMETIC_FIXED
	optimizer.decay_due = 0.001f;
#endif
	bench_mark();
	for (uint16_t i = 0; i < BENCH_BATCH; i++) {
		uint8_t label = (uint8_t)(i % BENCH_ROWS);

		if (BENCH_BATCH == 1) {
			(void)microtl_step(&optimizer, &trainee, features, label, NULL, &loss);
		} else {
			(void)microtl_step_accumulate(&optimizer, &trainee, features, label, NULL,
						      &loss);
		}
	}
	if (BENCH_BATCH > 1) {
		microtl_step_apply(&optimizer, &trainee);
	}
	bench_mark();
}

static void label(void)
{
	struct microtl_replay replay;

	(void)microtl_replay_init(&replay, replay_features, replay_entries, BENCH_FEATURES,
				  REPLAY_CAPACITY);
	bench_mark();
	(void)microtl_replay_add(&replay, features, 0, 1, NULL);
	bench_mark();
}

void bench_main(void)
{
	bench_paint_stack();
	train(0, 0);
	/* The one update in so many that weights decay with. */
	train(MICROTL_DECAY_INTERVAL - 1, 0);
	bench_print_number("decay_interval", MICROTL_DECAY_INTERVAL);
	bench_print_stack("stack");
	label();
	if (BENCH_BATCH == 1) {
		train(0, ALIKE_SHIFT);
		train(MICROTL_DECAY_INTERVAL - 1, ALIKE_SHIFT);
	}
	bench_print_bytes("params", params, sizeof(params));
}
