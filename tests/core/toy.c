/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "toy.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "crc32.h"

/* As the converter writes them, see microtl/model.h. */
#if MICROTL_ARITHMETIC_FIXED
#define TABLE(x) ((microtl_param_t)((x) * 65536.0 + ((x) < 0 ? -0.5 : 0.5)))
#define PARAM(x) ((microtl_param_t)((x) * (double)(1 << MICROTL_PARAM_BITS)))
#else
#define TABLE(x) ((float)(x))
#define PARAM(x) ((float)(x))
#endif

static const microtl_param_t scale[TOY_FEATURES] = {TABLE(0.02), TABLE(0.02),  TABLE(0.03),
						    TABLE(0.02), TABLE(0.025), TABLE(0.02)};
static const microtl_param_t offset[TOY_FEATURES] = {TABLE(0.1), TABLE(-0.1), TABLE(0.0),
						     TABLE(0.2), TABLE(0.0),  TABLE(0.0)};

/* Class c looks along feature c, as its samples do. */
static const microtl_param_t params[TOY_PARAMS] = {
	[0 * TOY_FEATURES + 0] = PARAM(1.5),    [0 * TOY_FEATURES + 1] = PARAM(-0.5),
	[1 * TOY_FEATURES + 1] = PARAM(1.5),    [1 * TOY_FEATURES + 2] = PARAM(-0.5),
	[2 * TOY_FEATURES + 2] = PARAM(1.5),    [2 * TOY_FEATURES + 0] = PARAM(-0.5),
	[TOY_ROWS * TOY_FEATURES] = PARAM(0.1),
};

static const char *const names[TOY_CLASSES] = {"walk", "run", "rest"};

const struct microtl_head_spec toy_spec = {
	.layer_count = 1,
	.loss = MICROTL_LOSS_SOFTMAX,
	.width = {TOY_FEATURES, TOY_ROWS},
	.class_count = TOY_CLASSES,
	.feature_scale = scale,
	.feature_offset = offset,
	.params = params,
	.class_names = names,
};

/* Entry i is of class i % 3: its direction, weaker and stronger. */
#define BASE_ENTRY(a, b, c) a, b, c, 3, -3, 1, b, a, c, -2, 2, 0, c, b, a, 1, 1, -2
#define BASE_EIGHTH(a)      BASE_ENTRY(a, 2, -4)
static const int8_t base_features[TOY_BASE * TOY_FEATURES] = {
	BASE_EIGHTH(50), BASE_EIGHTH(60), BASE_EIGHTH(70), BASE_EIGHTH(55),
	BASE_EIGHTH(65), BASE_EIGHTH(75), BASE_EIGHTH(58), BASE_EIGHTH(62),
};
static const uint8_t base_labels[TOY_BASE] = {
	0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2,
};
static const struct microtl_base_set base = {base_features, base_labels, TOY_BASE, TOY_GATE};

const struct microtl_model toy_model = {
	.name = "toy",
	.id = {11, 12, 13, 14},
	.head = &toy_spec,
};
const struct microtl_model toy_model_with_base = {
	.name = "toy",
	.id = {11, 12, 13, 14},
	.head = &toy_spec,
	.base = &base,
};

void toy_init(struct toy *toy, const struct microtl_model *model, uint16_t capacity)
{
	CHECK(capacity <= TOY_CAPACITY);
	memset(toy, 0, sizeof(*toy));
	toy->config = (struct microtl_fit_config)MICROTL_FIT_CONFIG_DEFAULT;

	const struct microtl_learning_memory memory = {
		.fit =
			{
				.shadow = toy->shadow,
				.state = toy->state,
				.gradient = toy->gradient,
				.best = toy->best,
				.workspace = toy->workspace,
				.workspace_size = sizeof(toy->workspace),
			},
		.active = toy->active,
		.replay_features = toy->replay_features,
		.replay_entries = toy->replay_entries,
		.replay_capacity = capacity,
		.names = toy->names,
		.scratch = toy->scratch,
		.ncm_means = toy->ncm_means,
		.ncm_counts = toy->ncm_counts,
	};
	CHECK_INT(microtl_learning_init(&toy->learning, model, &toy->config, &memory), 0);
}

static int8_t noise(int range)
{
	return (int8_t)((int)(test_random() % (2U * (unsigned int)range + 1U)) - range);
}

void toy_sample(int8_t *features, uint8_t label, uint16_t recording)
{
	for (int i = 0; i < TOY_FEATURES; i++) {
		int shift = (recording * 37 + i * 11) % 9 - 4;

		features[i] = (int8_t)(noise(12) + shift + (i == label ? 60 : 0));
	}
}

void toy_label(struct toy *toy, uint8_t label, uint16_t recording, int count)
{
	int8_t features[TOY_FEATURES];

	for (int i = 0; i < count; i++) {
		toy_sample(features, label, recording);
		CHECK_INT(microtl_learning_label(&toy->learning, features, label, recording, NULL),
			  0);
	}
}

int toy_train(struct toy *toy, uint64_t seed, struct microtl_gate_result *result)
{
	CHECK_INT(microtl_learning_train_start(&toy->learning, seed), 0);
	while (microtl_fit_running(&toy->learning.fit)) {
		(void)microtl_learning_train_step(&toy->learning);
	}
	return microtl_fit_result(&toy->learning.fit, result);
}

float toy_accuracy(struct toy *toy, uint8_t label)
{
	microtl_real_t scores[TOY_ROWS];
	int8_t features[TOY_FEATURES];
	int right = 0;

	for (int i = 0; i < 200; i++) {
		uint8_t best;

		toy_sample(features, label, (uint16_t)(1000 + i % 7));
		microtl_learning_scores(&toy->learning, features, scores, &best);
		right += best == label;
	}
	return (float)right / 200.0f;
}

uint32_t toy_head_digest(const struct toy *toy)
{
	const struct microtl_head *active = &toy->learning.active;
	uint32_t crc = microtl_priv_crc32(0, toy->names, sizeof(toy->names));

	crc = microtl_priv_crc32(crc, &active->classes, sizeof(active->classes));
	return microtl_priv_crc32(crc, active->params, sizeof(toy->active));
}

uint32_t toy_replay_digest(const struct toy *toy)
{
	const struct microtl_replay *replay = &toy->learning.replay;
	uint32_t sum = microtl_priv_crc32(0, toy->names, sizeof(toy->names));

	for (uint16_t i = 0; i < replay->count; i++) {
		uint32_t crc =
			microtl_priv_crc32(0, &replay->entries[i], sizeof(replay->entries[i]));

		sum += microtl_priv_crc32(crc, microtl_replay_features(replay, i), TOY_FEATURES);
	}
	return sum;
}

void toy_print_job(void)
{
	static struct toy toy;
	struct microtl_gate_result result;
	uint8_t squat;

	toy_init(&toy, &toy_model_with_base, TOY_CAPACITY);
	CHECK_INT(microtl_learning_class_add(&toy.learning, "squat", &squat), 0);
	for (uint16_t r = 0; r < 2; r++) {
		toy_label(&toy, 0, (uint16_t)(10 * r), 6);
		toy_label(&toy, 1, (uint16_t)(10 * r + 1), 4);
		toy_label(&toy, squat, (uint16_t)(10 * r + 2), 5);
	}
	CHECK_INT(toy_train(&toy, 2026, &result), 0);
	CHECK_INT(microtl_learning_publish(&toy.learning, NULL), 0);
	const microtl_real_t numbers[] = {
		result.old_before, result.old_after,   result.old_error,
		result.new_recall, result.loss_change, result.loss_error,
	};
	printf("job: verdict %d, head %08lx, result %08lx, means %08lx\n", (int)result.verdict,
	       (unsigned long)toy_head_digest(&toy),
	       (unsigned long)microtl_priv_crc32(0, numbers, sizeof(numbers)),
	       (unsigned long)microtl_priv_crc32(0, toy.ncm_means, sizeof(toy.ncm_means)));
}
