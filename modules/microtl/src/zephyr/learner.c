/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/learner.h>

#include <errno.h>
#include <string.h>

#include <zephyr/init.h>
#include <zephyr/logging/log.h>

#include "learner_priv.h"

LOG_MODULE_REGISTER(microtl, CONFIG_MICROTL_LOG_LEVEL);

#ifdef CONFIG_MICROTL_TRAINER
#ifdef CONFIG_MICROTL_TRAINER_OPTIMIZER_SGD
#define MOMENTUM_E3 0
#else
#define MOMENTUM_E3 CONFIG_MICROTL_TRAINER_MOMENTUM_E3
#endif

#ifdef CONFIG_MICROTL_ARITHMETIC_FIXED
/* REACH_MAX of core/fixed/optimizer.c, of the numbers as they are rounded there. */
BUILD_ASSERT((int64_t)MICROTL_REAL(CONFIG_MICROTL_TRAINER_LEARNING_RATE_E6 / 1e6) *
			     MICROTL_REAL(1.0) /
			     (MICROTL_REAL(1.0) - MICROTL_REAL(MOMENTUM_E3 / 1e3)) <=
		     MICROTL_REAL(4.0),
	     "fixed point: MICROTL_TRAINER_LEARNING_RATE_E6 / (1 - momentum) is at most 4 in all");
#endif

const struct microtl_fit_config microtl_priv_fit_config = {
	.optimizer =
		{
			.kind = MICROTL_PRIV_KIND,
			.schedule = MICROTL_SCHEDULE_CONSTANT,
			.learning_rate =
				MICROTL_REAL(CONFIG_MICROTL_TRAINER_LEARNING_RATE_E6 / 1e6),
			.momentum = MICROTL_REAL(MOMENTUM_E3 / 1e3),
			.beta2 = MICROTL_REAL(0.999),
			.epsilon = MICROTL_REAL(1e-8),
			.weight_decay = MICROTL_REAL(CONFIG_MICROTL_TRAINER_WEIGHT_DECAY_E6 / 1e6),
			.final_rate_ratio = MICROTL_REAL(0.1),
			.error_min = MICROTL_REAL(CONFIG_MICROTL_TRAINER_ERROR_MIN_E3 / 1e3),
		},
	.epochs = CONFIG_MICROTL_TRAINER_EPOCH_COUNT,
	.batch = CONFIG_MICROTL_TRAINER_BATCH_COUNT,
	.patience = CONFIG_MICROTL_TRAINER_PATIENCE_COUNT,
	.min_improvement = MICROTL_REAL(1e-3),
	.folds = CONFIG_MICROTL_TRAINER_FOLD_COUNT,
	.holdout_min = 10,
	.base_fill = CONFIG_MICROTL_TRAINER_BASE_FILL_COUNT,
	.gate = MICROTL_GATE_CONFIG_DEFAULT,
};
#else
const struct microtl_fit_config microtl_priv_fit_config;
#endif

void microtl_priv_head_lock(struct microtl_learner *learner)
{
	(void)k_mutex_lock(&learner->head_mutex, K_FOREVER);
}

void microtl_priv_head_unlock(struct microtl_learner *learner)
{
	(void)k_mutex_unlock(&learner->head_mutex);
}

void microtl_priv_store_lock(struct microtl_learner *learner)
{
	(void)k_mutex_lock(&learner->store_mutex, K_FOREVER);
}

void microtl_priv_store_unlock(struct microtl_learner *learner)
{
	(void)k_mutex_unlock(&learner->store_mutex);
}

void microtl_priv_lock(struct microtl_learner *learner)
{
	microtl_priv_store_lock(learner);
	microtl_priv_head_lock(learner);
}

void microtl_priv_unlock(struct microtl_learner *learner)
{
	microtl_priv_head_unlock(learner);
	microtl_priv_store_unlock(learner);
}

bool microtl_priv_training(const struct microtl_learner *learner)
{
	return learner->train.state == MICROTL_TRAIN_RUNNING ||
	       learner->train.state == MICROTL_TRAIN_PAUSED;
}

void microtl_priv_latency_note(struct microtl_latency *latency, uint32_t cycles)
{
	latency->last_us = k_cyc_to_us_floor32(cycles);
	latency->max_us = MAX(latency->max_us, latency->last_us);
}

void microtl_priv_set_up(const struct microtl_learner_config *config)
{
	struct microtl_learner *learner = config->learner;

	learner->config = config;
	(void)k_mutex_init(&learner->arena_mutex);
	(void)k_mutex_init(&learner->head_mutex);
	(void)k_mutex_init(&learner->store_mutex);
	(void)k_condvar_init(&learner->changed);
	learner->error = microtl_engine_init(&learner->engine, config->model, config->arena,
					     config->arena_size);
	if (learner->error == 0) {
		learner->error = microtl_learning_init(&learner->learning, config->model,
						       &microtl_priv_fit_config, &config->memory);
	}
	if (learner->error != 0) {
		LOG_ERR("Could not set up learner %s (%d)", config->name, learner->error);
		return;
	}
	if (IS_ENABLED(CONFIG_MICROTL_TRAINER)) {
		microtl_priv_train_init(learner);
	}
	if (IS_ENABLED(CONFIG_MICROTL_STORE)) {
		microtl_priv_store_init(learner);
	}
}

static int set_up_all(void)
{
	STRUCT_SECTION_FOREACH(microtl_learner_config, config) {
		microtl_priv_set_up(config);
	}
	return 0;
}

SYS_INIT(set_up_all, APPLICATION, CONFIG_MICROTL_LEARNER_INIT_PRIORITY);

int microtl_learner_ready(const struct microtl_learner *learner)
{
	return learner->config == NULL ? -ENODEV : learner->error;
}

static int8_t *token_features(struct microtl_learner *learner, microtl_token_t token)
{
	return learner->config->features + (size_t)(token % CONFIG_MICROTL_LEARNER_TOKEN_COUNT) *
						   learner->config->model->output.size;
}

static bool token_known(const struct microtl_learner *learner, microtl_token_t token)
{
	return token != 0 && token <= learner->last.token &&
	       learner->last.token - token < CONFIG_MICROTL_LEARNER_TOKEN_COUNT;
}

/* The head's part of an inference; arena mutex held. */
static void answer(struct microtl_learner *learner, microtl_real_t *scores,
		   struct microtl_inference *result, uint32_t start)
{
	const int8_t *features = microtl_engine_output(&learner->engine);

	microtl_priv_head_lock(learner);
	if (scores == NULL) {
		scores = learner->config->scores;
	}
	result->token = learner->last.token + 1U;
	if (result->token == 0) {
		result->token = 1;
	}
	memcpy(token_features(learner, result->token), features,
	       learner->config->model->output.size);
	microtl_learning_scores(&learner->learning, features, scores, &result->label);
	result->score = result->label == MICROTL_LABEL_NONE ? 0 : scores[result->label];
	learner->last = *result;
	learner->stats.inferences++;
	if (IS_ENABLED(CONFIG_MICROTL_TRAINER)) {
		microtl_priv_train_on_score(learner, result->score);
	}
	microtl_priv_latency_note(&learner->stats.inference, k_cycle_get_32() - start);
	microtl_priv_head_unlock(learner);
}

static int preprocess(struct microtl_learner *learner, const void *raw)
{
	uint32_t start = k_cycle_get_32();

	if (learner->preprocess == NULL) {
		return -ENOTSUP;
	}
	int ret = learner->preprocess(raw, microtl_engine_input(&learner->engine),
				      learner->preprocess_scratch, learner->preprocess_data);
	uint32_t cycles = k_cycle_get_32() - start;

	microtl_priv_head_lock(learner);
	microtl_priv_latency_note(&learner->stats.preprocess, cycles);
	microtl_priv_head_unlock(learner);
	return ret;
}

static int arena_lock(struct microtl_learner *learner, k_timeout_t timeout)
{
	int ret = microtl_learner_ready(learner);

	return ret == 0 ? k_mutex_lock(&learner->arena_mutex, timeout) : ret;
}

/* The input is there, the arena's mutex held. */
static void infer(struct microtl_learner *learner, microtl_real_t *scores,
		  struct microtl_inference *result)
{
	uint32_t start = k_cycle_get_32();

	microtl_engine_run(&learner->engine);
	answer(learner, scores, result, start);
}

int microtl_learner_infer(struct microtl_learner *learner, const int8_t *input,
			  microtl_real_t *scores, struct microtl_inference *result,
			  k_timeout_t timeout)
{
	int ret = arena_lock(learner, timeout);

	if (ret != 0) {
		return ret;
	}
	memcpy(microtl_engine_input(&learner->engine), input, learner->config->model->input.size);
	infer(learner, scores, result);
	(void)k_mutex_unlock(&learner->arena_mutex);
	return 0;
}

int microtl_learner_infer_raw(struct microtl_learner *learner, const void *raw,
			      microtl_real_t *scores, struct microtl_inference *result,
			      k_timeout_t timeout)
{
	int ret = arena_lock(learner, timeout);

	if (ret != 0) {
		return ret;
	}
	ret = preprocess(learner, raw);
	if (ret == 0) {
		infer(learner, scores, result);
	}
	(void)k_mutex_unlock(&learner->arena_mutex);
	return ret;
}

void microtl_learner_preprocess_set(struct microtl_learner *learner, microtl_preprocess preprocess,
				    void *scratch, void *user_data)
{
	(void)k_mutex_lock(&learner->arena_mutex, K_FOREVER);
	learner->preprocess = preprocess;
	learner->preprocess_scratch = scratch;
	learner->preprocess_data = user_data;
	(void)k_mutex_unlock(&learner->arena_mutex);
}

int microtl_learner_last_get(struct microtl_learner *learner, struct microtl_inference *result)
{
	int ret = microtl_learner_ready(learner);

	if (ret != 0) {
		return ret;
	}
	microtl_priv_head_lock(learner);
	*result = learner->last;
	microtl_priv_head_unlock(learner);
	return result->token == 0 ? -ENOENT : 0;
}

static int take_label(struct microtl_learner *learner, microtl_token_t token, uint8_t label,
		      uint16_t recording, uint16_t *index)
{
	int ret = -ENODATA;

	microtl_priv_head_lock(learner);
	if (token_known(learner, token)) {
		ret = microtl_learning_label(&learner->learning, token_features(learner, token),
					     label, recording, index);
	}
	if (ret != 0) {
		learner->stats.labels_refused++;
	} else {
		learner->stats.labels++;
		if (IS_ENABLED(CONFIG_MICROTL_TRAINER)) {
			microtl_priv_train_on_label(learner);
		}
	}
	microtl_priv_head_unlock(learner);
	return ret;
}

int microtl_learner_label(struct microtl_learner *learner, microtl_token_t token, uint8_t label,
			  uint16_t recording)
{
	uint16_t index = 0;
	int ret = microtl_learner_ready(learner);

	if (ret != 0) {
		return ret;
	}
	microtl_priv_store_lock(learner);
	ret = take_label(learner, token, label, recording, &index);
	if (ret == 0 && IS_ENABLED(CONFIG_MICROTL_STORE_REPLAY)) {
		ret = microtl_priv_log_sample(learner, index);
	}
	microtl_priv_store_unlock(learner);
	return ret;
}

void microtl_learner_stats_get(struct microtl_learner *learner, struct microtl_learner_stats *stats)
{
	microtl_priv_head_lock(learner);
	*stats = learner->stats;
	microtl_priv_head_unlock(learner);
}
