/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/fit.h>

#include <errno.h>
#include <string.h>

#include "fit_phases.h"
#include "fit_samples.h"
#include "layers.h"
#include "optimizer.h"

size_t microtl_fit_workspace_size(const struct microtl_head_spec *spec, uint16_t replay_capacity,
				  uint16_t base_count)
{
	return MICROTL_FIT_WORKSPACE_SIZE(microtl_priv_hidden_count(spec),
					  microtl_priv_class_rows(spec),
					  (size_t)replay_capacity + base_count);
}

static bool config_valid(const struct microtl_fit_config *config)
{
	return config->epochs > 0 && config->batch > 0 &&
	       (MICROTL_WITH_BATCH || config->batch == 1) &&
	       (MICROTL_WITH_PATIENCE || config->patience == 0) &&
	       config->folds <= MICROTL_FIT_FOLDS_MAX && config->min_improvement >= 0 &&
	       microtl_priv_optimizer_valid(&config->optimizer);
}

static bool memory_valid(const struct microtl_fit_config *config,
			 const struct microtl_fit_memory *memory)
{
	return memory->shadow != NULL && memory->workspace != NULL &&
	       (uintptr_t)memory->workspace % sizeof(microtl_real_t) == 0 &&
	       (memory->state != NULL || config->optimizer.kind == MICROTL_OPTIMIZER_SGD) &&
	       (memory->gradient != NULL || config->batch == 1);
}

/* Every label has a row, and every sample a number. */
static bool samples_valid(const struct microtl_head *active, const struct microtl_replay *replay,
			  const struct microtl_base_set *base)
{
	uint16_t rows = microtl_priv_class_rows(active->spec);

	if (replay->feature_count != active->spec->width[0]) {
		return false;
	}
	for (uint32_t i = 0; i < replay->count; i++) {
		if (replay->entries[i].label >= rows) {
			return false;
		}
	}
	if (base == NULL) {
		return true;
	}
	for (uint32_t i = 0; i < base->count; i++) {
		if (base->labels[i] >= rows) {
			return false;
		}
	}
	return base->gate_count <= base->count && replay->count + base->count <= UINT16_MAX;
}

/* Real numbers first, then half words, then bytes: each part is aligned. */
static struct microtl_gate_tally *lay_out_workspace(struct microtl_fit *fit)
{
	const struct microtl_head_spec *spec = fit->active->spec;
	size_t rows = microtl_priv_class_rows(spec);
	microtl_real_t *scratch = fit->memory.workspace;
	struct microtl_gate_tally *tally = (void *)(scratch + microtl_step_scratch_count(spec));

	fit->trainee.scratch = scratch;
	fit->class_end = (void *)(tally + rows);
	fit->class_next = fit->class_end + rows;
	fit->order = fit->class_next + rows;
	fit->class_order = (void *)(fit->order + microtl_priv_sample_count(fit));
	return tally;
}

static void find_new_classes(struct microtl_fit *fit)
{
	for (uint32_t i = 0; i < fit->replay->frozen; i++) {
		uint8_t label = fit->replay->entries[i].label;

		if (!microtl_class_set_has(&fit->active->classes, label)) {
			microtl_class_set_add(&fit->new_classes, label);
		}
	}
}

/* At least two classes under softmax, or nothing can be told apart. */
static bool has_enough_classes(const struct microtl_fit *fit)
{
	return !microtl_priv_is_softmax(fit->active->spec->loss) ||
	       microtl_class_set_count(&fit->active->classes) +
			       microtl_class_set_count(&fit->new_classes) >
		       1;
}

/* Samples of a training at most: the base set only fills up. */
static uint16_t samples_at_most(const struct microtl_fit *fit)
{
	uint32_t filled =
		(uint32_t)fit->config->base_fill * microtl_class_set_count(&fit->active->classes);
	uint32_t base = fit->base == NULL ? 0U : fit->base->count;

	return (uint16_t)(fit->replay->frozen + (filled < base ? filled : base));
}

int microtl_fit_start(struct microtl_fit *fit, const struct microtl_fit_config *config,
		      const struct microtl_fit_memory *memory, const struct microtl_head *active,
		      struct microtl_replay *replay, const struct microtl_base_set *base,
		      const struct microtl_class_set *base_classes, uint64_t seed)
{
	if (MICROTL_WITH_CHECKS && (!config_valid(config) || !memory_valid(config, memory) ||
				    !samples_valid(active, replay, base))) {
		return -EINVAL;
	}
	if (MICROTL_WITH_CHECKS &&
	    memory->workspace_size < microtl_fit_workspace_size(active->spec, replay->count,
								base == NULL ? 0 : base->count)) {
		return -ENOMEM;
	}
	if (microtl_priv_is_mse(active->spec->loss)) {
		return -ENOTSUP;
	}
	int ret = microtl_replay_freeze(replay);
	if (ret != 0) {
		return ret;
	}

	memset(fit, 0, sizeof(*fit));
	fit->config = config;
	fit->memory = *memory;
	fit->active = active;
	fit->replay = replay;
	fit->base = base;
	fit->base_classes = base_classes;
	fit->trainee.spec = active->spec;
	fit->trainee.params = memory->shadow;
	fit->seed = seed;
	struct microtl_gate_tally *tally = lay_out_workspace(fit);

	find_new_classes(fit);
	ret = has_enough_classes(fit) ? microtl_gate_init(&fit->gate, &config->gate, tally,
							  microtl_priv_class_rows(active->spec),
							  &active->classes, &fit->new_classes)
				      : -ENODATA;
	if (ret != 0) {
		microtl_replay_thaw(replay);
		return ret;
	}
	microtl_priv_partition(fit);
	fit->steps_total = (fit->folds + 1U) * microtl_priv_fit_steps(fit, samples_at_most(fit));
	microtl_priv_fit_begin(fit, 0);
	return 0;
}

/* The gate at its kindest: every sample that could be judged is right before and after. */
enum microtl_gate_reason microtl_fit_foresee(struct microtl_fit *fit)
{
	struct microtl_gate rehearsal = fit->gate;
	struct microtl_gate_result result;
	uint32_t count = microtl_priv_sample_count(fit);

	for (uint32_t i = 0; i < count; i++) {
		uint8_t label = microtl_priv_sample_label(fit, i);

		if (microtl_priv_sample_may_judge(fit, i)) {
			(i < fit->replay->frozen ? microtl_gate_add : microtl_gate_add_base)(
				&rehearsal, label, true, true, 0, 0);
		}
	}
	microtl_gate_decide(&rehearsal, &result);
	memset(fit->gate.tally, 0, fit->gate.rows * sizeof(*fit->gate.tally));
	return result.reason == MICROTL_GATE_FEW_OLD || result.reason == MICROTL_GATE_FEW_NEW
		       ? result.reason
		       : MICROTL_GATE_NONE;
}

static void finish(struct microtl_fit *fit, enum microtl_fit_state state, int error)
{
	fit->state = state;
	fit->error = error;
	microtl_replay_thaw(fit->replay);
}

int microtl_fit_step(struct microtl_fit *fit)
{
	bool done = false;
	int ret;

	switch (fit->state) {
	case MICROTL_FIT_PREPARE:
		ret = microtl_priv_fit_prepare(fit);
		break;
	case MICROTL_FIT_TRAIN:
		ret = microtl_priv_fit_train(fit);
		break;
	case MICROTL_FIT_VALIDATE:
		ret = MICROTL_WITH_PATIENCE ? microtl_priv_fit_validate(fit) : -EALREADY;
		break;
	case MICROTL_FIT_EVALUATE:
		ret = microtl_priv_fit_evaluate(fit, &done);
		break;
	default:
		return -EALREADY;
	}
	if (ret != 0) {
		finish(fit, MICROTL_FIT_FAILED, ret);
	} else if (done) {
		microtl_gate_decide(&fit->gate, &fit->result);
		finish(fit, MICROTL_FIT_DONE, 0);
	}
	return ret;
}

bool microtl_fit_running(const struct microtl_fit *fit)
{
	return fit->state >= MICROTL_FIT_PREPARE && fit->state <= MICROTL_FIT_EVALUATE;
}

void microtl_fit_cancel(struct microtl_fit *fit)
{
	if (microtl_fit_running(fit)) {
		finish(fit, MICROTL_FIT_FAILED, -ECANCELED);
	}
}

void microtl_fit_progress(const struct microtl_fit *fit, struct microtl_fit_progress *progress)
{
	bool idle = fit->state == MICROTL_FIT_IDLE;

	progress->state = fit->state;
	progress->training = fit->training;
	progress->trainings = idle ? 0U : (uint8_t)(fit->folds + 1U);
	progress->epoch = fit->epoch;
	progress->epochs = idle ? 0U : fit->config->epochs;
	progress->steps = fit->steps;
	progress->steps_total = fit->steps_total;
	progress->loss = fit->loss;
}

/* 0 where there is a verdict, else why not. */
static int outcome(const struct microtl_fit *fit)
{
	if (microtl_fit_running(fit)) {
		return -EBUSY;
	}
	return fit->state == MICROTL_FIT_IDLE ? -ENODATA : fit->error;
}

int microtl_fit_result(const struct microtl_fit *fit, struct microtl_gate_result *result)
{
	int ret = outcome(fit);

	if (ret == 0) {
		*result = fit->result;
	}
	return ret;
}

int microtl_fit_head(const struct microtl_fit *fit, struct microtl_head *head)
{
	int ret = outcome(fit);

	if (ret == 0) {
		*head = microtl_priv_fit_shadow(fit);
	}
	return ret;
}
