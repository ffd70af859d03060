/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/fit.h>

#include <errno.h>
#include <string.h>

#include <microtl/loss.h>

#include "fit_samples.h"
#include "layers.h"
#include "mathf.h"
#include "rng.h"

size_t microtl_fit_workspace_size(const struct microtl_head_spec *spec, uint16_t replay_capacity,
				  uint16_t base_count)
{
	return MICROTL_FIT_WORKSPACE_SIZE(microtl_head_hidden_count(spec),
					  microtl_head_class_rows(spec),
					  (size_t)replay_capacity + base_count);
}

static bool arguments_valid(const struct microtl_fit_config *config,
			    const struct microtl_fit_memory *memory,
			    const struct microtl_head *active, const struct microtl_replay *replay,
			    const struct microtl_base_set *base)
{
	uint16_t rows = microtl_head_class_rows(active->spec);

	if (config->epochs == 0 || config->batch == 0 || config->folds > MICROTL_FIT_FOLDS_MAX ||
	    !(config->min_improvement >= 0.0f) || memory->shadow == NULL ||
	    memory->workspace == NULL || (uintptr_t)memory->workspace % sizeof(float) != 0 ||
	    (config->batch > 1 && memory->gradient == NULL) ||
	    replay->feature_count != active->spec->width[0]) {
		return false;
	}
	for (uint16_t i = 0; i < replay->count; i++) {
		if (replay->entries[i].label >= rows) {
			return false;
		}
	}
	if (base == NULL) {
		return true;
	}
	for (uint16_t i = 0; i < base->count; i++) {
		if (base->labels[i] >= rows) {
			return false;
		}
	}
	return base->gate_count <= base->count && replay->count + base->count <= UINT16_MAX;
}

/* Floats first, then half words, then bytes: each part is aligned. */
static struct microtl_gate_tally *lay_out_workspace(struct microtl_fit *fit)
{
	const struct microtl_head_spec *spec = fit->active->spec;
	size_t rows = microtl_head_class_rows(spec);
	float *floats = fit->memory.workspace;
	struct microtl_gate_tally *tally = (void *)(floats + microtl_step_scratch_count(spec));

	fit->trainee.scratch = floats;
	fit->class_end = (void *)(tally + rows);
	fit->class_next = fit->class_end + rows;
	fit->order = fit->class_next + rows;
	fit->class_order = (void *)(fit->order + microtl_priv_sample_count(fit));
	return tally;
}

static void find_new_classes(struct microtl_fit *fit)
{
	for (uint16_t i = 0; i < fit->replay->frozen; i++) {
		uint8_t label = fit->replay->entries[i].label;

		if (!microtl_class_set_has(&fit->active->classes, label)) {
			microtl_class_set_add(&fit->new_classes, label);
		}
	}
}

/* At least two classes under softmax, or nothing can be told apart. */
static bool has_enough_classes(const struct microtl_fit *fit)
{
	return fit->active->spec->loss != MICROTL_LOSS_SOFTMAX ||
	       microtl_class_set_count(&fit->active->classes) +
			       microtl_class_set_count(&fit->new_classes) >
		       1;
}

static uint32_t steps_of(const struct microtl_fit *fit, uint16_t samples)
{
	uint32_t batches = ((uint32_t)samples + fit->config->batch - 1U) / fit->config->batch;

	return batches * fit->config->epochs;
}

static void start_training(struct microtl_fit *fit, uint8_t training)
{
	fit->training = training;
	fit->state = MICROTL_FIT_PREPARE;
	fit->rng = microtl_priv_rng_seed(fit->seed, training);
	fit->cursor = 0;
	fit->epoch = 0;
	fit->drawn = 0;
	fit->stale = 0;
	fit->loss = -1.0f;
	fit->loss_sum = 0.0f;
	fit->best_loss = FLT_MAX;
}

int microtl_fit_start(struct microtl_fit *fit, const struct microtl_fit_config *config,
		      const struct microtl_fit_memory *memory, const struct microtl_head *active,
		      struct microtl_replay *replay, const struct microtl_base_set *base,
		      uint64_t seed)
{
	if (!arguments_valid(config, memory, active, replay, base)) {
		return -EINVAL;
	}
	if (memory->workspace_size < microtl_fit_workspace_size(active->spec, replay->count,
								base == NULL ? 0 : base->count)) {
		return -ENOMEM;
	}
	if (active->spec->loss == MICROTL_LOSS_MSE) {
		return -ENOTSUP;
	}
	struct microtl_optimizer check;
	int ret = microtl_optimizer_init(&check, &config->optimizer, memory->state, NULL, 0, 1);
	if (ret == 0 && memory->state == NULL && config->optimizer.kind != MICROTL_OPTIMIZER_SGD) {
		ret = -EINVAL;
	}
	if (ret == 0) {
		ret = microtl_replay_freeze(replay);
	}
	if (ret != 0) {
		return ret;
	}

	*fit = (struct microtl_fit){
		.config = config,
		.memory = *memory,
		.active = active,
		.replay = replay,
		.base = base,
		.trainee = {.spec = active->spec, .params = memory->shadow},
		.seed = seed,
	};
	struct microtl_gate_tally *tally = lay_out_workspace(fit);

	find_new_classes(fit);
	ret = has_enough_classes(fit) ? microtl_gate_init(&fit->gate, &config->gate, tally,
							  microtl_head_class_rows(active->spec),
							  &active->classes, &fit->new_classes)
				      : -ENODATA;
	if (ret != 0) {
		microtl_replay_thaw(replay);
		return ret;
	}
	microtl_priv_partition(fit);
	fit->steps_total = (fit->folds + 1U) * steps_of(fit, microtl_priv_sample_count(fit));
	start_training(fit, 0);
	return 0;
}

static void finish(struct microtl_fit *fit, enum microtl_fit_state state, int error)
{
	fit->state = state;
	fit->error = error;
	microtl_replay_thaw(fit->replay);
}

/* The active head's parameters; rows of classes that it does not know start from zero. */
static void copy_active(struct microtl_fit *fit)
{
	const struct microtl_head_spec *spec = fit->active->spec;
	struct microtl_priv_layer last =
		microtl_priv_layer(spec, (uint8_t)(spec->layer_count - 1U));
	float *params = fit->memory.shadow;

	memcpy(params, fit->active->params, microtl_head_param_count(spec) * sizeof(*params));
	for (size_t c = 0; c < last.out; c++) {
		if (!microtl_class_set_has(&fit->active->classes, (uint8_t)c)) {
			memset(params + last.weights + c * last.in, 0, last.in * sizeof(*params));
			params[last.bias + c] = 0.0f;
		}
	}
	fit->trainee.classes = fit->active->classes;
}

static void imprint(struct microtl_fit *fit, uint8_t label)
{
	const struct microtl_head_spec *spec = fit->active->spec;
	uint16_t begin = label == 0 ? 0 : fit->class_end[label - 1];
	uint16_t end = fit->class_end[label];

	if (begin == end) {
		return;
	}
	microtl_head_imprint_begin(spec, fit->memory.shadow, label);
	for (uint16_t i = begin; i < end; i++) {
		microtl_head_imprint_add(spec, fit->memory.shadow, label,
					 microtl_priv_sample_features(fit, fit->order[i]),
					 fit->trainee.scratch);
	}
	microtl_head_imprint_end(spec, fit->memory.shadow, &fit->trainee.classes, label,
				 (uint16_t)(end - begin));
}

/* Next new class at or behind the cursor; the number of rows where there is none. */
static uint32_t next_new_class(const struct microtl_fit *fit, uint32_t label)
{
	uint32_t rows = microtl_head_class_rows(fit->active->spec);

	while (label < rows && !microtl_class_set_has(&fit->new_classes, (uint8_t)label)) {
		label++;
	}
	return label;
}

/* First the copy and the order of samples, then one new class a step, then the optimiser. */
static int prepare(struct microtl_fit *fit)
{
	uint32_t rows = microtl_head_class_rows(fit->active->spec);

	if (fit->cursor == 0) {
		copy_active(fit);
		microtl_priv_order_samples(fit);
		fit->cursor = 1;
		return fit->samples > 0 ? 0 : -ENODATA;
	}
	uint32_t label = next_new_class(fit, fit->cursor - 1U);
	if (label < rows) {
		imprint(fit, (uint8_t)label);
		fit->cursor = label + 2U;
		return 0;
	}
	fit->state = MICROTL_FIT_TRAIN;
	return microtl_optimizer_init(&fit->optimizer, &fit->config->optimizer, fit->memory.state,
				      fit->config->batch > 1 ? fit->memory.gradient : NULL,
				      microtl_head_param_count(fit->active->spec),
				      steps_of(fit, fit->samples));
}

static bool params_finite(const struct microtl_fit *fit)
{
	size_t count = microtl_head_param_count(fit->active->spec);

	for (size_t i = 0; i < count; i++) {
		if (!microtl_priv_finite(fit->memory.shadow[i])) {
			return false;
		}
	}
	return true;
}

static bool keeps_best(const struct microtl_fit *fit)
{
	return fit->config->patience > 0 && fit->memory.best != NULL;
}

static int end_training(struct microtl_fit *fit)
{
	if (keeps_best(fit)) {
		memcpy(fit->memory.shadow, fit->memory.best,
		       microtl_head_param_count(fit->active->spec) * sizeof(float));
	}
	fit->state = MICROTL_FIT_EVALUATE;
	fit->cursor = 0;
	return params_finite(fit) ? 0 : -ERANGE;
}

/* Early stopping and best weights; then the next epoch. */
static int end_epoch(struct microtl_fit *fit, float loss)
{
	bool improved = loss < fit->best_loss - fit->config->min_improvement;

	fit->state = MICROTL_FIT_TRAIN;
	fit->drawn = 0;
	fit->loss_sum = 0.0f;
	fit->epoch++;
	if (improved) {
		fit->best_loss = loss;
		fit->stale = 0;
		if (keeps_best(fit)) {
			memcpy(fit->memory.best, fit->memory.shadow,
			       microtl_head_param_count(fit->active->spec) * sizeof(float));
		}
	} else {
		fit->stale++;
	}
	bool stops = fit->config->patience > 0 && fit->stale >= fit->config->patience;
	return stops || fit->epoch == fit->config->epochs ? end_training(fit) : 0;
}

static int learn_batch(struct microtl_fit *fit, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++) {
		uint16_t sample = microtl_priv_draw(fit);
		const int8_t *features = microtl_priv_sample_features(fit, sample);
		uint8_t label = microtl_priv_sample_label(fit, sample);
		float loss;
		int ret;

		if (fit->config->batch == 1) {
			ret = microtl_step(&fit->optimizer, &fit->trainee, features, label, NULL,
					   &loss);
		} else {
			ret = microtl_step_accumulate(&fit->optimizer, &fit->trainee, features,
						      label, NULL, &loss);
		}
		if (ret != 0) {
			return ret;
		}
		fit->loss_sum += loss;
	}
	if (fit->config->batch > 1) {
		microtl_step_apply(&fit->optimizer, &fit->trainee);
	}
	return 0;
}

static int train(struct microtl_fit *fit)
{
	uint16_t left = (uint16_t)(fit->samples - fit->drawn);
	uint16_t count = left < fit->config->batch ? left : fit->config->batch;
	int ret = learn_batch(fit, count);

	if (ret != 0) {
		return ret;
	}
	fit->steps++;
	fit->drawn = (uint16_t)(fit->drawn + count);
	if (fit->drawn < fit->samples) {
		return 0;
	}
	fit->loss = fit->loss_sum / (float)fit->samples;
	if (!fit->validates) {
		return end_epoch(fit, fit->loss);
	}
	fit->state = MICROTL_FIT_VALIDATE;
	fit->cursor = 0;
	fit->validation_sum = 0.0f;
	fit->validation_count = 0;
	return 0;
}

/* What a head says about a sample: whether it is right, and its loss. */
static bool judge(const struct microtl_fit *fit, const struct microtl_head *head, uint16_t sample,
		  float *loss)
{
	uint16_t rows = microtl_head_class_rows(head->spec);
	float *scratch = fit->trainee.scratch;
	float *scores = scratch + microtl_head_scratch_count(head->spec);
	uint8_t label = microtl_priv_sample_label(fit, sample);

	microtl_head_scores(head, microtl_priv_sample_features(fit, sample), scores, scratch);
	*loss = microtl_loss_value((enum microtl_loss)head->spec->loss, &head->classes, rows, label,
				   NULL, scores);
	return microtl_head_best(head, scores) == label;
}

static struct microtl_head shadow_head(const struct microtl_fit *fit)
{
	return (struct microtl_head){
		.spec = fit->active->spec,
		.params = fit->memory.shadow,
		.classes = fit->trainee.classes,
	};
}

static int validate(struct microtl_fit *fit)
{
	const struct microtl_head shadow = shadow_head(fit);
	uint32_t count = fit->replay->frozen;
	uint32_t judged = 0;

	for (; fit->cursor < count && judged < MICROTL_FIT_EVALUATE_CHUNK; fit->cursor++) {
		uint16_t sample = (uint16_t)fit->cursor;
		float loss;

		if (microtl_priv_sample_validates(fit, sample) &&
		    microtl_class_set_has(&shadow.classes,
					  microtl_priv_sample_label(fit, sample))) {
			(void)judge(fit, &shadow, sample, &loss);
			fit->validation_sum += loss;
			fit->validation_count++;
			judged++;
		}
	}
	if (fit->cursor < count) {
		return 0;
	}
	float loss = fit->validation_sum / (float)fit->validation_count;
	return microtl_priv_finite(loss) ? end_epoch(fit, loss) : -ERANGE;
}

static void judge_for_gate(struct microtl_fit *fit, const struct microtl_head *shadow,
			   uint16_t sample)
{
	uint8_t label = microtl_priv_sample_label(fit, sample);
	float before = 0.0f;
	float after;
	bool correct_before = false;

	if (microtl_class_set_has(&fit->active->classes, label)) {
		correct_before = judge(fit, fit->active, sample, &before);
	}
	bool correct_after = judge(fit, shadow, sample, &after);
	if (sample < fit->replay->frozen) {
		microtl_gate_add(&fit->gate, label, correct_before, correct_after, before, after);
	} else {
		microtl_gate_add_base(&fit->gate, label, correct_before, correct_after, before,
				      after);
	}
}

static int evaluate(struct microtl_fit *fit)
{
	const struct microtl_head shadow = shadow_head(fit);
	uint32_t count = microtl_priv_sample_count(fit);
	uint32_t judged = 0;

	for (; fit->cursor < count && judged < MICROTL_FIT_EVALUATE_CHUNK; fit->cursor++) {
		if (microtl_priv_sample_judges(fit, (uint16_t)fit->cursor)) {
			judge_for_gate(fit, &shadow, (uint16_t)fit->cursor);
			judged++;
		}
	}
	if (fit->cursor < count) {
		return 0;
	}
	if (!microtl_priv_last_training(fit)) {
		start_training(fit, (uint8_t)(fit->training + 1U));
		return 0;
	}
	microtl_gate_decide(&fit->gate, &fit->result);
	finish(fit, MICROTL_FIT_DONE, 0);
	return 0;
}

int microtl_fit_step(struct microtl_fit *fit)
{
	int ret = -EALREADY;

	switch (fit->state) {
	case MICROTL_FIT_PREPARE:
		ret = prepare(fit);
		break;
	case MICROTL_FIT_TRAIN:
		ret = train(fit);
		break;
	case MICROTL_FIT_VALIDATE:
		ret = validate(fit);
		break;
	case MICROTL_FIT_EVALUATE:
		ret = evaluate(fit);
		break;
	default:
		return ret;
	}
	if (ret != 0) {
		finish(fit, MICROTL_FIT_FAILED, ret);
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
	*progress = (struct microtl_fit_progress){
		.state = fit->state,
		.training = fit->training,
		.epoch = fit->epoch,
		.steps = fit->steps,
		.steps_total = fit->steps_total,
		.loss = fit->loss,
	};
	if (fit->state != MICROTL_FIT_IDLE) {
		progress->trainings = (uint8_t)(fit->folds + 1U);
		progress->epochs = fit->config->epochs;
	}
}

int microtl_fit_result(const struct microtl_fit *fit, struct microtl_gate_result *result)
{
	if (microtl_fit_running(fit)) {
		return -EBUSY;
	}
	if (fit->state == MICROTL_FIT_IDLE) {
		return -ENODATA;
	}
	if (fit->error == 0) {
		*result = fit->result;
	}
	return fit->error;
}

int microtl_fit_head(const struct microtl_fit *fit, struct microtl_head *head)
{
	struct microtl_gate_result result;
	int ret = microtl_fit_result(fit, &result);

	if (ret == 0) {
		*head = shadow_head(fit);
	}
	return ret;
}
