/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "toy.h"

#include <string.h>

#include "check.h"
#include "crc32.h"

static const float scale[TOY_FEATURES] = {0.02f, 0.02f, 0.03f, 0.02f, 0.025f, 0.02f};
static const float offset[TOY_FEATURES] = {0.1f, -0.1f, 0.0f, 0.2f, 0.0f, 0.0f};

/* Class c looks along feature c, as its samples do. */
static const float params[TOY_PARAMS] = {
	[0 * TOY_FEATURES + 0] = 1.5f,    [0 * TOY_FEATURES + 1] = -0.5f,
	[1 * TOY_FEATURES + 1] = 1.5f,    [1 * TOY_FEATURES + 2] = -0.5f,
	[2 * TOY_FEATURES + 2] = 1.5f,    [2 * TOY_FEATURES + 0] = -0.5f,
	[TOY_ROWS * TOY_FEATURES] = 0.1f,
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
	float scores[TOY_ROWS];
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
