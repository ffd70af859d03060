/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "fit_phases.h"

#include <errno.h>
#include <string.h>

#include "fit_samples.h"
#include "layers.h"
#include "real.h"
#include "rng.h"

uint32_t microtl_priv_fit_steps(const struct microtl_fit *fit, uint16_t samples)
{
	uint32_t batches = ((uint32_t)samples + microtl_priv_fit_batch(fit) - 1U) /
			   microtl_priv_fit_batch(fit);

	return batches * fit->config->epochs;
}

void microtl_priv_fit_begin(struct microtl_fit *fit, uint8_t training)
{
	fit->training = training;
	fit->state = MICROTL_FIT_PREPARE;
	fit->rng = microtl_priv_rng_seed(fit->seed, training);
	fit->cursor = 0;
	fit->epoch = 0;
	fit->drawn = 0;
	fit->stale = 0;
	fit->loss = MICROTL_REAL(-1.0);
	fit->loss_sum = 0;
	fit->best_loss = MICROTL_REAL_MAX;
}

/* The active head's parameters; rows of classes that it does not know start from zero. */
static void copy_active(struct microtl_fit *fit)
{
	const struct microtl_head_spec *spec = fit->active->spec;
	struct microtl_priv_layer last = microtl_priv_last_layer(spec);
	microtl_param_t *params = fit->memory.shadow;

	memcpy(params, fit->active->params, microtl_head_param_count(spec) * sizeof(*params));
	for (size_t c = 0; c < last.out; c++) {
		if (!microtl_class_set_has(&fit->active->classes, c)) {
			memset(params + last.weights + c * last.in, 0, last.in * sizeof(*params));
			params[last.bias + c] = 0;
		}
	}
	fit->trainee.classes = fit->active->classes;
}

static void imprint(struct microtl_fit *fit, uint8_t label)
{
	const struct microtl_head_spec *spec = fit->active->spec;
	uint32_t begin = label == 0 ? 0 : fit->class_end[label - 1];
	uint32_t end = fit->class_end[label];

	if (begin == end) {
		return;
	}
	microtl_head_imprint_begin(spec, fit->memory.shadow, label);
	for (uint32_t i = begin; i < end; i++) {
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
	uint32_t rows = microtl_priv_class_rows(fit->active->spec);

	while (label < rows && !microtl_class_set_has(&fit->new_classes, label)) {
		label++;
	}
	return label;
}

/* First the copy and the order of samples, then one new class a step, then the optimiser. */
int microtl_priv_fit_prepare(struct microtl_fit *fit)
{
	uint32_t rows = microtl_priv_class_rows(fit->active->spec);

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
				      microtl_priv_fit_batch(fit) > 1 ? fit->memory.gradient : NULL,
				      microtl_head_param_count(fit->active->spec),
				      microtl_priv_fit_steps(fit, fit->samples));
}

static bool params_finite(const struct microtl_fit *fit)
{
	size_t count = microtl_head_param_count(fit->active->spec);

	for (size_t i = 0; i < count; i++) {
		if (!microtl_priv_real_finite(fit->memory.shadow[i])) {
			return false;
		}
	}
	return true;
}

static bool keeps_best(const struct microtl_fit *fit)
{
	return microtl_priv_fit_patience(fit) > 0 && fit->memory.best != NULL;
}

static int end_training(struct microtl_fit *fit)
{
	if (keeps_best(fit)) {
		memcpy(fit->memory.shadow, fit->memory.best,
		       microtl_head_param_count(fit->active->spec) * sizeof(microtl_param_t));
	}
	fit->state = MICROTL_FIT_EVALUATE;
	fit->cursor = 0;
	return params_finite(fit) ? 0 : -ERANGE;
}

/* Early stopping and best weights, after an epoch of this loss. */
static bool lost_patience(struct microtl_fit *fit, microtl_real_t loss)
{
	if (!(loss < fit->best_loss - fit->config->min_improvement)) {
		fit->stale++;
		return fit->stale >= microtl_priv_fit_patience(fit);
	}
	fit->best_loss = loss;
	fit->stale = 0;
	if (keeps_best(fit)) {
		memcpy(fit->memory.best, fit->memory.shadow,
		       microtl_head_param_count(fit->active->spec) * sizeof(microtl_param_t));
	}
	return false;
}

/* Early stopping, else the next epoch. */
int microtl_priv_fit_end_epoch(struct microtl_fit *fit, microtl_real_t loss)
{
	bool stops = microtl_priv_fit_patience(fit) > 0 && lost_patience(fit, loss);

	fit->state = MICROTL_FIT_TRAIN;
	fit->drawn = 0;
	fit->loss_sum = 0;
	fit->epoch++;
	return stops || fit->epoch == fit->config->epochs ? end_training(fit) : 0;
}

static int learn_batch(struct microtl_fit *fit, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++) {
		uint16_t sample = microtl_priv_draw(fit);
		const int8_t *features = microtl_priv_sample_features(fit, sample);
		uint8_t label = microtl_priv_sample_label(fit, sample);
		microtl_real_t loss;
		int ret;

		if (microtl_priv_fit_batch(fit) == 1) {
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
	if (microtl_priv_fit_batch(fit) > 1) {
		microtl_step_apply(&fit->optimizer, &fit->trainee);
	}
	return 0;
}

int microtl_priv_fit_train(struct microtl_fit *fit)
{
	uint16_t left = (uint16_t)(fit->samples - fit->drawn);
	uint16_t batch = microtl_priv_fit_batch(fit);
	uint16_t count = batch > 1 && left < batch ? left : batch;
	int ret = learn_batch(fit, count);

	if (ret != 0) {
		return ret;
	}
	fit->steps++;
	fit->drawn = (uint16_t)(fit->drawn + count);
	if (fit->drawn < fit->samples) {
		return 0;
	}
	fit->loss = microtl_priv_sum_mean(fit->loss_sum, fit->samples);
	if (!MICROTL_WITH_PATIENCE || !fit->validates) {
		return microtl_priv_fit_end_epoch(fit, fit->loss);
	}
	fit->state = MICROTL_FIT_VALIDATE;
	fit->cursor = 0;
	fit->validation_sum = 0;
	fit->validation_count = 0;
	return 0;
}
