/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "fit_phases.h"

#include <errno.h>

#include <microtl/loss.h>

#include "fit_samples.h"
#include "layers.h"
#include "real.h"

/* What a head says about a sample: whether it is right, and its loss. */
static bool judge(const struct microtl_fit *fit, const struct microtl_head *head, uint32_t sample,
		  microtl_real_t *loss)
{
	uint16_t rows = microtl_priv_class_rows(head->spec);
	microtl_real_t *scratch = fit->trainee.scratch;
	microtl_real_t *scores = scratch + microtl_head_scratch_count(head->spec);
	uint8_t label = microtl_priv_sample_label(fit, sample);

	microtl_head_scores(head, microtl_priv_sample_features(fit, sample), scores, scratch);
	bool is_right = microtl_head_best(head, scores) == label;
	/* Training has the gradient's code anyway; its scores are not needed. */
	*loss = microtl_loss_gradient((enum microtl_loss)head->spec->loss, &head->classes, rows,
				      label, NULL, scores);
	return is_right;
}

struct microtl_head microtl_priv_fit_shadow(const struct microtl_fit *fit)
{
	return (struct microtl_head){
		.spec = fit->active->spec,
		.params = fit->memory.shadow,
		.classes = fit->trainee.classes,
	};
}

int microtl_priv_fit_validate(struct microtl_fit *fit)
{
	const struct microtl_head shadow = microtl_priv_fit_shadow(fit);
	uint32_t count = fit->replay->frozen;
	uint32_t judged = 0;

	for (; fit->cursor < count && judged < MICROTL_FIT_EVALUATE_CHUNK; fit->cursor++) {
		uint32_t sample = fit->cursor;
		microtl_real_t loss;

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
	microtl_real_t loss = microtl_priv_sum_mean(fit->validation_sum, fit->validation_count);

	return microtl_priv_real_finite(loss) ? microtl_priv_fit_end_epoch(fit, loss) : -ERANGE;
}

static void judge_for_gate(struct microtl_fit *fit, const struct microtl_head *shadow,
			   uint32_t sample)
{
	uint8_t label = microtl_priv_sample_label(fit, sample);
	microtl_real_t before = 0;
	microtl_real_t after;
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

int microtl_priv_fit_evaluate(struct microtl_fit *fit, bool *done)
{
	const struct microtl_head shadow = microtl_priv_fit_shadow(fit);
	uint32_t count = microtl_priv_sample_count(fit);
	uint32_t judged = 0;

	for (; fit->cursor < count && judged < MICROTL_FIT_EVALUATE_CHUNK; fit->cursor++) {
		if (microtl_priv_sample_judges(fit, fit->cursor)) {
			judge_for_gate(fit, &shadow, fit->cursor);
			judged++;
		}
	}
	if (fit->cursor < count) {
		return 0;
	}
	if (!microtl_priv_last_training(fit)) {
		microtl_priv_fit_begin(fit, (uint8_t)(fit->training + 1U));
		return 0;
	}
	*done = true;
	return 0;
}
