/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <microtl/learning.h>

#include "abi.h"
#include "learner.h"
#include "numbers.h"
#include "reals.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct number settings[] = {
#define SETTING(field) NUMBER(struct microtl_fit_config, field)
	SETTING(epochs),
	SETTING(batch),
	SETTING(patience),
	SETTING(min_improvement),
	SETTING(folds),
	SETTING(holdout_min),
	SETTING(base_fill),
	SETTING(optimizer.kind),
	SETTING(optimizer.schedule),
	SETTING(optimizer.learning_rate),
	SETTING(optimizer.momentum),
	SETTING(optimizer.beta2),
	SETTING(optimizer.epsilon),
	SETTING(optimizer.weight_decay),
	SETTING(optimizer.final_rate_ratio),
	SETTING(optimizer.error_min),
	SETTING(gate.accuracy_margin),
	SETTING(gate.loss_margin),
	SETTING(gate.recall_min),
	SETTING(gate.base_margin),
	SETTING(gate.sigmas),
	SETTING(gate.gain_sigmas),
	SETTING(gate.coverage),
	SETTING(gate.old_min),
	SETTING(gate.new_min),
	SETTING(gate.own_min),
#undef SETTING
};

static const struct number results[] = {
#define RESULT(field) NUMBER(struct microtl_gate_result, field)
	RESULT(verdict),     RESULT(label),      RESULT(old_count),      RESULT(new_count),
	RESULT(old_before),  RESULT(old_after),  RESULT(new_recall_min), RESULT(new_recall),
	RESULT(loss_change), RESULT(loss_error), RESULT(old_error),      RESULT(base_before),
	RESULT(base_after),
#undef RESULT
};

static const struct number steps[] = {
#define PROGRESS(field) NUMBER(struct microtl_fit_progress, field)
	PROGRESS(state),  PROGRESS(training), PROGRESS(trainings),   PROGRESS(epoch),
	PROGRESS(epochs), PROGRESS(steps),    PROGRESS(steps_total), PROGRESS(loss),
#undef PROGRESS
};

static const struct microtl_head_spec *spec_of(const struct microtl_twin_learner *learner)
{
	return learner->learning.model->head;
}

static void free_memory(struct microtl_learning_memory *memory)
{
	free(memory->fit.shadow);
	free(memory->fit.state);
	free(memory->fit.gradient);
	free(memory->fit.best);
	free(memory->fit.workspace);
	free(memory->active);
	free(memory->replay_features);
	free(memory->replay_entries);
	free(memory->names);
	free(memory->scratch);
	free(memory->ncm_means);
	free(memory->ncm_counts);
}

/** Memory for every optimiser, batch and patience, so that settings can change between jobs. */
static int allocate(struct microtl_learning_memory *memory, const struct microtl_model *model,
		    uint16_t capacity)
{
	const struct microtl_head_spec *spec = model->head;
	const size_t params = microtl_head_param_count(spec);
	const size_t rows = microtl_head_class_rows(spec);
	const size_t features = spec->width[0];
	const uint16_t base = model->base != NULL ? model->base->count : 0;
	const size_t workspace = microtl_fit_workspace_size(spec, capacity, base);

	*memory = (struct microtl_learning_memory){
		.fit =
			{
				.shadow = calloc(params, sizeof(microtl_param_t)),
				.state = calloc(MICROTL_OPTIMIZER_STATE_COUNT(
							MICROTL_OPTIMIZER_ADAM, params),
						sizeof(microtl_param_t)),
				.gradient = calloc(params, sizeof(microtl_param_t)),
				.best = calloc(params, sizeof(microtl_param_t)),
				.workspace = malloc(workspace),
				.workspace_size = workspace,
			},
		.active = calloc(params, sizeof(microtl_param_t)),
		/* Never 0 bytes, for which malloc() may give NULL. */
		.replay_features = calloc(capacity + 1U, features),
		.replay_entries = calloc(capacity + 1U, sizeof(struct microtl_replay_entry)),
		.replay_capacity = capacity,
		.names = calloc(rows, sizeof(struct microtl_class_name)),
		.scratch = calloc(microtl_head_scratch_count(spec), sizeof(microtl_real_t)),
		.ncm_means =
			calloc(MICROTL_NCM_MEAN_COUNT(features, rows), sizeof(microtl_param_t)),
		.ncm_counts = calloc(rows, sizeof(uint16_t)),
	};

	const void *const parts[] = {
		memory->fit.shadow, memory->fit.state,     memory->fit.gradient,
		memory->fit.best,   memory->fit.workspace, memory->active,
		memory->names,      memory->scratch,       memory->replay_features,
		memory->ncm_means,  memory->ncm_counts,    memory->replay_entries,
	};

	for (size_t i = 0; i < COUNT(parts); i++) {
		if (parts[i] == NULL) {
			free_memory(memory);
			return -ENOMEM;
		}
	}
	return 0;
}

int microtl_twin_learner_new(const struct microtl_model *model, uint16_t capacity,
			     struct microtl_twin_learner **learner)
{
	struct microtl_learning_memory memory;
	struct microtl_head head;

	if (model->head == NULL || microtl_head_init(&head, model->head) != 0) {
		return -EINVAL;
	}

	struct microtl_twin_learner *made = calloc(1, sizeof(*made));

	if (made == NULL || allocate(&memory, model, capacity) != 0) {
		free(made);
		return -ENOMEM;
	}
	made->config = (struct microtl_fit_config)MICROTL_FIT_CONFIG_DEFAULT;

	const int err = microtl_learning_init(&made->learning, model, &made->config, &memory);

	if (err != 0) {
		free_memory(&memory);
		free(made);
		return err;
	}
	*learner = made;
	return 0;
}

void microtl_twin_learner_free(struct microtl_twin_learner *learner)
{
	if (learner != NULL) {
		free_memory(&learner->learning.memory);
		free(learner);
	}
}

size_t microtl_twin_learner_feature_count(const struct microtl_twin_learner *learner)
{
	return spec_of(learner)->width[0];
}

size_t microtl_twin_learner_param_count(const struct microtl_twin_learner *learner)
{
	return microtl_head_param_count(spec_of(learner));
}

size_t microtl_twin_learner_class_rows(const struct microtl_twin_learner *learner)
{
	return microtl_head_class_rows(spec_of(learner));
}

const char *microtl_twin_setting_name(size_t index)
{
	return index < COUNT(settings) ? settings[index].name : NULL;
}

int microtl_twin_learner_get(const struct microtl_twin_learner *learner, const char *name,
			     double *value)
{
	const struct number *number = number_find(settings, COUNT(settings), name);

	if (number == NULL) {
		return -ENOENT;
	}
	*value = number_get(number, &learner->config);
	return 0;
}

int microtl_twin_learner_set(struct microtl_twin_learner *learner, const char *name, double value)
{
	const struct number *number = number_find(settings, COUNT(settings), name);

	if (number == NULL) {
		return -ENOENT;
	}
	if (microtl_fit_running(&learner->learning.fit)) {
		return -EBUSY;
	}
	return number_set(number, &learner->config, value);
}

int microtl_twin_learner_class_add(struct microtl_twin_learner *learner, const char *name,
				   uint8_t *label)
{
	return microtl_learning_class_add(&learner->learning, name, label);
}

int microtl_twin_learner_class_remove(struct microtl_twin_learner *learner, uint8_t label)
{
	return microtl_learning_class_remove(&learner->learning, label);
}

const char *microtl_twin_learner_class_name(const struct microtl_twin_learner *learner,
					    uint8_t label)
{
	return microtl_learning_class_name(&learner->learning, label);
}

int microtl_twin_learner_reset(struct microtl_twin_learner *learner)
{
	return microtl_learning_reset(&learner->learning);
}

int microtl_twin_learner_forget(struct microtl_twin_learner *learner)
{
	return microtl_learning_forget(&learner->learning);
}

int microtl_twin_learner_label(struct microtl_twin_learner *learner, size_t count,
			       const int8_t *features, const uint8_t *labels,
			       const uint16_t *recordings)
{
	const size_t width = microtl_twin_learner_feature_count(learner);

	for (size_t i = 0; i < count; i++) {
		const int err = microtl_learning_label(&learner->learning, features + i * width,
						       labels[i], recordings[i], NULL);

		if (err != 0) {
			return err;
		}
	}
	return 0;
}

size_t microtl_twin_learner_replay_count(const struct microtl_twin_learner *learner)
{
	return learner->learning.replay.count;
}

void microtl_twin_learner_replay(const struct microtl_twin_learner *learner, int8_t *features,
				 uint8_t *labels, uint16_t *recordings, uint8_t *held_out)
{
	const struct microtl_replay *replay = &learner->learning.replay;
	const size_t width = microtl_twin_learner_feature_count(learner);

	for (uint16_t i = 0; i < replay->count; i++) {
		memcpy(features + i * width, microtl_replay_features(replay, i), width);
		labels[i] = replay->entries[i].label;
		recordings[i] = replay->entries[i].recording;
		held_out[i] = microtl_replay_held_out(&replay->entries[i]) ? 1 : 0;
	}
}

int microtl_twin_learner_start(struct microtl_twin_learner *learner, uint64_t seed)
{
	return microtl_learning_train_start(&learner->learning, seed);
}

int microtl_twin_learner_step(struct microtl_twin_learner *learner, uint64_t steps)
{
	const struct microtl_fit *fit = &learner->learning.fit;

	for (; steps > 0 && microtl_fit_running(fit); steps--) {
		const int err = microtl_learning_train_step(&learner->learning);

		if (err != 0) {
			return err;
		}
	}
	return microtl_fit_running(fit) ? 1 : 0;
}

int microtl_twin_learner_run(struct microtl_twin_learner *learner, float *losses, size_t capacity,
			     size_t *epochs)
{
	struct microtl_fit_progress progress;
	uint8_t training = 0;
	int more = 1;

	*epochs = 0;
	while (more == 1) {
		more = microtl_twin_learner_step(learner, 1);
		microtl_fit_progress(&learner->learning.fit, &progress);
		if (progress.training != training) {
			training = progress.training;
			*epochs = 0;
		}
		if (progress.epoch > *epochs && *epochs < capacity) {
			losses[*epochs] = (float)real_to_double(progress.loss);
			*epochs = progress.epoch;
		}
	}
	return more;
}

void microtl_twin_learner_cancel(struct microtl_twin_learner *learner)
{
	microtl_fit_cancel(&learner->learning.fit);
}

int microtl_twin_learner_publish(struct microtl_twin_learner *learner)
{
	return microtl_learning_publish(&learner->learning, NULL);
}

int microtl_twin_learner_result(const struct microtl_twin_learner *learner, const char *name,
				double *value)
{
	static const char prefix[] = "progress.";
	const size_t skip = sizeof(prefix) - 1U;

	if (strncmp(name, prefix, skip) == 0) {
		const struct number *number = number_find(steps, COUNT(steps), name + skip);
		struct microtl_fit_progress progress;

		if (number == NULL) {
			return -ENOENT;
		}
		microtl_fit_progress(&learner->learning.fit, &progress);
		*value = number_get(number, &progress);
		return 0;
	}

	const struct number *number = number_find(results, COUNT(results), name);
	struct microtl_gate_result result;

	if (number == NULL) {
		return -ENOENT;
	}

	const int err = microtl_fit_result(&learner->learning.fit, &result);

	if (err == 0) {
		*value = number_get(number, &result);
	}
	return err;
}

const char *microtl_twin_learner_reason(const struct microtl_twin_learner *learner)
{
	struct microtl_gate_result result;

	if (microtl_fit_result(&learner->learning.fit, &result) != 0) {
		return "";
	}
	return microtl_gate_reason_text(result.reason);
}
