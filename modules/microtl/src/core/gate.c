/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/gate.h>

#include <errno.h>
#include <string.h>

#include "build_options.h"
#include "real.h"

static bool unit(microtl_real_t x)
{
	return x >= 0 && x <= MICROTL_REAL(1.0);
}

static bool config_valid(const struct microtl_gate_config *config)
{
	return unit(config->accuracy_margin) && unit(config->recall_min) &&
	       unit(config->base_margin) && unit(config->coverage) && config->loss_margin >= 0 &&
	       config->sigmas >= 0 && config->gain_sigmas >= 0;
}

int microtl_gate_init(struct microtl_gate *gate, const struct microtl_gate_config *config,
		      struct microtl_gate_tally *tally, uint16_t rows,
		      const struct microtl_class_set *old_classes,
		      const struct microtl_class_set *new_classes)
{
	if (MICROTL_WITH_CHECKS && (tally == NULL || !config_valid(config))) {
		return -EINVAL;
	}
	memset(gate, 0, sizeof(*gate));
	gate->config = config;
	gate->tally = tally;
	gate->rows = rows;
	gate->old_classes = *old_classes;
	gate->new_classes = *new_classes;
	memset(tally, 0, rows * sizeof(*tally));
	return 0;
}

static microtl_real_t clipped(microtl_real_t loss)
{
	return loss < MICROTL_GATE_LOSS_MAX ? loss : MICROTL_GATE_LOSS_MAX;
}

static void count_if(uint16_t *counter, bool condition)
{
	*counter = (uint16_t)(*counter + condition);
}

/* Welford: mean and deviation without the difference of two large sums. */
static void add_loss(struct microtl_gate *gate, microtl_real_t change)
{
	microtl_real_t off = change - gate->loss_change;

	gate->old_count++;
	gate->loss_change += microtl_priv_real_share(off, gate->old_count);
	gate->loss_deviation += microtl_priv_square_product(off, change - gate->loss_change);
}

void microtl_gate_add(struct microtl_gate *gate, uint8_t label, bool correct_before,
		      bool correct_after, microtl_real_t loss_before, microtl_real_t loss_after)
{
	bool is_old = label < gate->rows && microtl_class_set_has(&gate->old_classes, label);
	bool is_new = label < gate->rows && microtl_class_set_has(&gate->new_classes, label);

	if ((!is_old && !is_new) || gate->tally[label].count == UINT16_MAX ||
	    gate->old_count == UINT16_MAX) {
		return;
	}
	gate->tally[label].count++;
	count_if(&gate->tally[label].correct_before, correct_before);
	count_if(&gate->tally[label].correct_after, correct_after);
	count_if(&gate->tally[label].changed, correct_before != correct_after);
	if (is_old) {
		add_loss(gate, clipped(loss_after) - clipped(loss_before));
	}
}

void microtl_gate_add_base(struct microtl_gate *gate, uint8_t label, bool correct_before,
			   bool correct_after, microtl_real_t loss_before,
			   microtl_real_t loss_after)
{
	/* A class that was removed since is no longer looked for. */
	if (label >= gate->rows || !microtl_class_set_has(&gate->old_classes, label) ||
	    gate->base_count == UINT16_MAX) {
		return;
	}
	gate->base_count++;
	count_if(&gate->base_before, correct_before);
	count_if(&gate->base_after, correct_after);

	struct microtl_gate_tally *tally = &gate->tally[label];
	if (tally->count - tally->base < gate->config->own_min) {
		microtl_gate_add(gate, label, correct_before, correct_after, loss_before,
				 loss_after);
		tally->base++;
	}
}

/* Not inlined: the conversions are half of what the caller would be. */
__attribute__((noinline)) static microtl_real_t share(uint16_t part, uint16_t count)
{
	return microtl_priv_real_ratio(part, count);
}

/* Balanced accuracy over the old classes that have samples; returns the share of classes that do.
 */
static microtl_real_t judge_old(const struct microtl_gate *gate, struct microtl_gate_result *result)
{
	microtl_real_t before = 0;
	microtl_real_t after = 0;
	microtl_sum_t variance = 0;
	uint16_t seen = 0;

	for (uint32_t c = 0; c < gate->rows; c++) {
		const struct microtl_gate_tally *tally = &gate->tally[c];

		if (tally->count > 0 && microtl_class_set_has(&gate->old_classes, c)) {
			before += share(tally->correct_before, tally->count);
			after += share(tally->correct_after, tally->count);
			variance += microtl_priv_square_ratio(tally->changed, tally->count);
			seen++;
		}
	}
	if (seen == 0) {
		return 0;
	}
	result->old_before = microtl_priv_real_share(before, seen);
	result->old_after = microtl_priv_real_share(after, seen);
	result->old_error = microtl_priv_real_share(microtl_priv_square_root(variance), seen);
	return microtl_priv_real_ratio(seen, microtl_class_set_count(&gate->old_classes));
}

static void judge_loss(const struct microtl_gate *gate, struct microtl_gate_result *result)
{
	result->old_count = gate->old_count;
	if (gate->old_count > 1) {
		result->loss_change = gate->loss_change;
		result->loss_error =
			microtl_priv_standard_error(gate->loss_deviation, gate->old_count);
	}
}

static void judge_base(const struct microtl_gate *gate, struct microtl_gate_result *result)
{
	if (gate->base_count > 0) {
		result->base_before = share(gate->base_before, gate->base_count);
		result->base_after = share(gate->base_after, gate->base_count);
	}
}

/* Lowest and mean recall of the new classes; returns the class with the least evidence. */
static uint32_t judge_new(const struct microtl_gate *gate, struct microtl_gate_result *result,
			  uint32_t *worst)
{
	uint32_t rarest = MICROTL_LABEL_NONE;
	microtl_real_t sum = 0;
	uint16_t seen = 0;

	for (uint32_t c = 0; c < gate->rows; c++) {
		const struct microtl_gate_tally *tally = &gate->tally[c];

		if (!microtl_class_set_has(&gate->new_classes, c)) {
			continue;
		}
		if (rarest == MICROTL_LABEL_NONE || tally->count < gate->tally[rarest].count) {
			rarest = c;
		}
		if (tally->count == 0) {
			continue;
		}
		microtl_real_t recall = share(tally->correct_after, tally->count);

		result->new_count = (uint16_t)(result->new_count + tally->count);
		sum += recall;
		seen++;
		if (result->new_recall_min < 0 || recall < result->new_recall_min) {
			result->new_recall_min = recall;
			*worst = c;
		}
	}
	if (seen > 0) {
		result->new_recall = microtl_priv_real_share(sum, seen);
	}
	return rarest;
}

/* What speaks against the new head, or MICROTL_GATE_NONE. */
static enum microtl_gate_reason find_harm(const struct microtl_gate *gate,
					  const struct microtl_gate_result *result, bool has_new)
{
	const struct microtl_gate_config *config = gate->config;
	microtl_real_t fall = result->old_before - result->old_after -
			      microtl_priv_real_product(config->sigmas, result->old_error);
	microtl_real_t rise =
		result->loss_change - microtl_priv_real_product(config->sigmas, result->loss_error);

	if (fall > (has_new ? config->accuracy_margin : 0)) {
		return MICROTL_GATE_OLD_ACCURACY;
	}
	if (rise > (has_new ? config->loss_margin : 0)) {
		return MICROTL_GATE_OLD_LOSS;
	}
	if (result->base_before - result->base_after > config->base_margin) {
		return MICROTL_GATE_BASE_ACCURACY;
	}
	return MICROTL_GATE_NONE;
}

/* The new classes, the old ones being unharmed; sets the class that decided. */
static enum microtl_gate_reason find_new(const struct microtl_gate *gate,
					 struct microtl_gate_result *result, uint32_t rarest,
					 uint32_t worst)
{
	const struct microtl_gate_config *config = gate->config;

	result->label = (uint8_t)rarest;
	if (gate->tally[rarest].count == 0 || gate->tally[rarest].count < config->new_min) {
		return MICROTL_GATE_FEW_NEW;
	}
	result->label = (uint8_t)worst;
	/* The highest recall that the samples do not speak against. */
	microtl_real_t bound = microtl_priv_wilson_bound(gate->tally[worst].correct_after,
							 gate->tally[worst].count, config->sigmas);
	if (bound < config->recall_min) {
		return MICROTL_GATE_NEW_RECALL;
	}
	result->label = MICROTL_LABEL_NONE;
	return MICROTL_GATE_LEARNED;
}

static enum microtl_gate_reason find_gain(const struct microtl_gate *gate,
					  const struct microtl_gate_result *result)
{
	return -result->loss_change > microtl_priv_real_product(gate->config->gain_sigmas,
								result->loss_error)
		       ? MICROTL_GATE_IMPROVED
		       : MICROTL_GATE_NO_GAIN;
}

static enum microtl_verdict verdict_of(enum microtl_gate_reason reason)
{
	switch (reason) {
	case MICROTL_GATE_LEARNED:
	case MICROTL_GATE_IMPROVED:
		return MICROTL_VERDICT_ACCEPTED;
	case MICROTL_GATE_OLD_ACCURACY:
	case MICROTL_GATE_OLD_LOSS:
	case MICROTL_GATE_NEW_RECALL:
	case MICROTL_GATE_BASE_ACCURACY:
		return MICROTL_VERDICT_REJECTED;
	default:
		return MICROTL_VERDICT_UNDECIDED;
	}
}

void microtl_gate_decide(const struct microtl_gate *gate, struct microtl_gate_result *result)
{
	const struct microtl_gate_config *config = gate->config;
	uint32_t worst = MICROTL_LABEL_NONE;

	*result = (struct microtl_gate_result){
		.label = MICROTL_LABEL_NONE,
		.old_before = MICROTL_REAL(-1.0),
		.old_after = MICROTL_REAL(-1.0),
		.new_recall_min = MICROTL_REAL(-1.0),
		.new_recall = MICROTL_REAL(-1.0),
		.base_before = MICROTL_REAL(-1.0),
		.base_after = MICROTL_REAL(-1.0),
	};
	microtl_real_t coverage = judge_old(gate, result);
	judge_loss(gate, result);
	judge_base(gate, result);
	uint32_t rarest = judge_new(gate, result, &worst);
	bool has_new = rarest != MICROTL_LABEL_NONE;

	if (microtl_class_set_count(&gate->old_classes) > 0 &&
	    (gate->old_count < config->old_min || coverage < config->coverage)) {
		result->reason = MICROTL_GATE_FEW_OLD;
	} else {
		result->reason = find_harm(gate, result, has_new);
	}
	if (result->reason == MICROTL_GATE_NONE) {
		result->reason =
			has_new ? find_new(gate, result, rarest, worst) : find_gain(gate, result);
	}
	result->verdict = verdict_of(result->reason);
}
