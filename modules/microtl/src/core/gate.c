/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/gate.h>

#include <errno.h>
#include <string.h>

#include "mathf.h"

static bool unit(float x)
{
	return x >= 0.0f && x <= 1.0f;
}

int microtl_gate_init(struct microtl_gate *gate, const struct microtl_gate_config *config,
		      struct microtl_gate_tally *tally, uint16_t rows,
		      const struct microtl_class_set *old_classes,
		      const struct microtl_class_set *new_classes)
{
	if (tally == NULL || !unit(config->margin) || !unit(config->recall_new) ||
	    !unit(config->coverage) || !(config->loss_sigmas >= 0.0f) ||
	    !(config->gain_sigmas >= 0.0f)) {
		return -EINVAL;
	}
	*gate = (struct microtl_gate){
		.config = config,
		.tally = tally,
		.rows = rows,
		.old_classes = *old_classes,
		.new_classes = *new_classes,
	};
	memset(tally, 0, rows * sizeof(*tally));
	return 0;
}

static float clipped(float loss)
{
	return loss < MICROTL_GATE_LOSS_MAX ? loss : MICROTL_GATE_LOSS_MAX;
}

void microtl_gate_add(struct microtl_gate *gate, uint8_t label, bool correct_before,
		      bool correct_after, float loss_before, float loss_after)
{
	bool is_old = label < gate->rows && microtl_class_set_has(&gate->old_classes, label);
	bool is_new = label < gate->rows && microtl_class_set_has(&gate->new_classes, label);

	if ((!is_old && !is_new) || gate->tally[label].count == UINT16_MAX ||
	    gate->old_count == UINT16_MAX) {
		return;
	}
	gate->tally[label].count++;
	gate->tally[label].correct_before += correct_before;
	gate->tally[label].correct_after += correct_after;
	if (is_old) {
		/* Welford: mean and deviation without the difference of two large sums. */
		float change = clipped(loss_after) - clipped(loss_before);
		float off = change - gate->loss_change;

		gate->old_count++;
		gate->loss_change += off / (float)gate->old_count;
		gate->loss_deviation += off * (change - gate->loss_change);
	}
}

/* Balanced accuracy over the old classes that have samples. */
static void judge_old(const struct microtl_gate *gate, struct microtl_gate_result *result,
		      float *coverage)
{
	float before = 0.0f;
	float after = 0.0f;
	float seen = 0.0f;

	for (uint16_t c = 0; c < gate->rows; c++) {
		const struct microtl_gate_tally *tally = &gate->tally[c];

		if (tally->count > 0 && microtl_class_set_has(&gate->old_classes, (uint8_t)c)) {
			before += (float)tally->correct_before / (float)tally->count;
			after += (float)tally->correct_after / (float)tally->count;
			seen += 1.0f;
		}
	}
	result->old_count = gate->old_count;
	if (seen > 0.0f) {
		result->old_before = before / seen;
		result->old_after = after / seen;
		*coverage = seen / (float)microtl_class_set_count(&gate->old_classes);
	}
	if (gate->old_count > 1) {
		float n = (float)gate->old_count;

		result->loss_change = gate->loss_change;
		result->loss_error = microtl_priv_sqrtf(gate->loss_deviation / ((n - 1.0f) * n));
	}
}

/* Lowest and mean recall of the new classes; returns the class with the least evidence. */
static uint8_t judge_new(const struct microtl_gate *gate, struct microtl_gate_result *result,
			 uint8_t *worst)
{
	uint8_t rarest = MICROTL_LABEL_NONE;
	float sum = 0.0f;
	float seen = 0.0f;

	for (uint16_t c = 0; c < gate->rows; c++) {
		const struct microtl_gate_tally *tally = &gate->tally[c];

		if (!microtl_class_set_has(&gate->new_classes, (uint8_t)c)) {
			continue;
		}
		if (rarest == MICROTL_LABEL_NONE || tally->count < gate->tally[rarest].count) {
			rarest = (uint8_t)c;
		}
		if (tally->count == 0) {
			continue;
		}
		float recall = (float)tally->correct_after / (float)tally->count;
		result->new_count = (uint16_t)(result->new_count + tally->count);
		sum += recall;
		seen += 1.0f;
		if (result->new_recall_min < 0.0f || recall < result->new_recall_min) {
			result->new_recall_min = recall;
			*worst = (uint8_t)c;
		}
	}
	if (seen > 0.0f) {
		result->new_recall = sum / seen;
	}
	return rarest;
}

static void conclude(struct microtl_gate_result *result, enum microtl_verdict verdict,
		     enum microtl_gate_reason reason, uint8_t label)
{
	result->verdict = verdict;
	result->reason = reason;
	result->label = label;
}

void microtl_gate_decide(const struct microtl_gate *gate, struct microtl_gate_result *result)
{
	const struct microtl_gate_config *config = gate->config;
	bool has_old = microtl_class_set_count(&gate->old_classes) > 0;
	uint8_t worst = MICROTL_LABEL_NONE;
	float coverage = 0.0f;

	*result = (struct microtl_gate_result){
		.label = MICROTL_LABEL_NONE,
		.old_before = -1.0f,
		.old_after = -1.0f,
		.new_recall_min = -1.0f,
		.new_recall = -1.0f,
	};
	judge_old(gate, result, &coverage);
	uint8_t rarest = judge_new(gate, result, &worst);

	if (has_old && (result->old_count < config->min_old || coverage < config->coverage)) {
		conclude(result, MICROTL_VERDICT_UNDECIDED, MICROTL_GATE_FEW_OLD,
			 MICROTL_LABEL_NONE);
	} else if (has_old && result->old_after < result->old_before - config->margin) {
		conclude(result, MICROTL_VERDICT_REJECTED, MICROTL_GATE_OLD_ACCURACY,
			 MICROTL_LABEL_NONE);
	} else if (has_old && result->loss_change > config->loss_sigmas * result->loss_error) {
		conclude(result, MICROTL_VERDICT_REJECTED, MICROTL_GATE_OLD_LOSS,
			 MICROTL_LABEL_NONE);
	} else if (rarest != MICROTL_LABEL_NONE && gate->tally[rarest].count < config->min_new) {
		conclude(result, MICROTL_VERDICT_UNDECIDED, MICROTL_GATE_FEW_NEW, rarest);
	} else if (rarest != MICROTL_LABEL_NONE && result->new_recall_min < config->recall_new) {
		conclude(result, MICROTL_VERDICT_REJECTED, MICROTL_GATE_NEW_RECALL, worst);
	} else if (rarest != MICROTL_LABEL_NONE) {
		conclude(result, MICROTL_VERDICT_ACCEPTED, MICROTL_GATE_LEARNED,
			 MICROTL_LABEL_NONE);
	} else if (-result->loss_change > config->gain_sigmas * result->loss_error) {
		conclude(result, MICROTL_VERDICT_ACCEPTED, MICROTL_GATE_IMPROVED,
			 MICROTL_LABEL_NONE);
	} else {
		conclude(result, MICROTL_VERDICT_UNDECIDED, MICROTL_GATE_NO_GAIN,
			 MICROTL_LABEL_NONE);
	}
}

const char *microtl_gate_reason_text(enum microtl_gate_reason reason)
{
	switch (reason) {
	case MICROTL_GATE_NONE:
		return "nothing was judged yet";
	case MICROTL_GATE_LEARNED:
		return "the old classes held and the new ones are recognised";
	case MICROTL_GATE_IMPROVED:
		return "the old classes are recognised better";
	case MICROTL_GATE_FEW_OLD:
		return "too few samples of the old classes to judge: label more of them, or "
		       "convert "
		       "the model with a base set";
	case MICROTL_GATE_FEW_NEW:
		return "too few samples of the new class to judge: label more of it, in two or "
		       "more "
		       "recordings";
	case MICROTL_GATE_NO_GAIN:
		return "no improvement beyond chance: label more samples";
	case MICROTL_GATE_OLD_ACCURACY:
		return "the old classes would be recognised less often";
	case MICROTL_GATE_OLD_LOSS:
		return "the old classes would be recognised with less certainty";
	case MICROTL_GATE_NEW_RECALL:
		return "the new class is not recognised often enough: label more of it";
	}
	return "unknown reason";
}
