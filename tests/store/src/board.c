/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "board.h"

#include <errno.h>
#include <string.h>

#include <zephyr/sys/crc.h>
#include <zephyr/ztest.h>

#include <microtl/store.h>
#include <microtl/trainer.h>

#include "accepting.h"
#include "digits.h"
#include "flash.h"
#include "learner_priv.h"
#include "samples.h"

MICROTL_LEARNER_DEFINE(learner, digits, DIGITS);

const struct microtl_model_id *const board_model = &digits_model.id;
struct board_heads board_heads;

static void boot(const struct microtl_learner_config *config)
{
	memset(&learner, 0, sizeof(learner));
#ifdef CONFIG_MICROTL_HEAD_ACTIVE_IN_RAM
	memset(learner_active, 0xA5, sizeof(learner_active));
#endif
	memset(learner_shadow, 0xA5, sizeof(learner_shadow));
	microtl_priv_set_up(config);
	zassert_ok(microtl_learner_ready(&learner));
}

void board_boot(void)
{
	boot(&learner_config);
}

void board_boot_model(const struct microtl_model_id *id)
{
	static struct microtl_model model;
	static struct microtl_learner_config config;

	model = digits_model;
	model.id = *id;
	config = learner_config;
	config.model = &model;
	boot(&config);
}

uint32_t board_head(void)
{
	const struct microtl_head *head = &learner.learning.active;
	uint32_t crc = crc32_ieee((const uint8_t *)head->params, DIGITS_PARAM_COUNT * 4U);

	return crc32_ieee_update(crc, (const uint8_t *)&head->classes, sizeof(head->classes));
}

/* A log that was rewritten gives the samples other places. */
uint32_t board_labels(void)
{
	const struct microtl_replay *replay = &learner.learning.replay;
	uint32_t sum = replay->count;

	for (uint16_t i = 0; i < replay->count; i++) {
		struct microtl_replay_entry entry = replay->entries[i];
		uint32_t crc = crc32_ieee((const uint8_t *)microtl_replay_features(replay, i),
					  DIGITS_FEATURE_SIZE);

		sum += crc32_ieee_update(crc, (const uint8_t *)&entry, sizeof(entry));
	}
	return sum;
}

bool board_head_is_safe(void)
{
	int newest = microtl_slots_newest(&learner.slots);
	const microtl_param_t *params = learner.learning.active.params;

	if (IS_ENABLED(CONFIG_MICROTL_HEAD_ACTIVE_IN_RAM) || params == digits_model.head->params) {
		return true;
	}
	return newest >= 0 && params == microtl_priv_store_params(&learner, newest);
}

int board_label(uint32_t image)
{
	struct microtl_inference result;
	uint8_t label;
	int ret = microtl_learner_class_find(&learner, "9", &label);

	if (ret == -ENOENT) {
		ret = microtl_learner_class_add(&learner, "9", &label);
	}
	if (ret == 0) {
		ret = microtl_learner_infer(&learner, samples_taught[image], NULL, &result,
					    K_FOREVER);
	}
	if (ret == 0) {
		ret = microtl_learner_label(&learner, result.token, label,
					    (uint16_t)(image / SAMPLES_RECORDING_LENGTH));
	}
	return ret;
}

int board_train(uint64_t seed)
{
	struct microtl_train_status status;

	for (uint32_t image = 0; image < SAMPLES_TAUGHT; image++) {
		int ret = board_label(image);

		/* Another model's labels are in the way: it is in RAM. */
		zassert_true(ret == 0 || ret == -EEXIST, "label: %d", ret);
	}
	accept_everything(&learner);
	zassert_ok(microtl_train_start(&learner, seed));
	zassert_ok(microtl_train_wait(&learner, K_FOREVER));
	microtl_train_status_get(&learner, &status);
	zassert_true(status.error != 0 || status.result.verdict == MICROTL_VERDICT_ACCEPTED,
		     "verdict %d, reason %d", status.result.verdict, status.result.reason);
	return status.error;
}

void board_learn(uint64_t seed)
{
	zassert_ok(board_train(seed));
}

void board_store_two(void)
{
	struct board_heads *heads = &board_heads;

	flash_wipe();
	board_boot();
	heads->factory = board_head();
	board_learn(1);
	heads->first = board_head();
	zassert_ok(microtl_store_commit(&learner, false));
	board_learn(2);
	heads->second = board_head();
	zassert_ok(microtl_store_commit(&learner, false));
	zassert_true(heads->first != heads->factory && heads->second != heads->first &&
		     heads->second != heads->factory);
}
