/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The training job: folds by recording, draws, pausing, cancelling, failing, early stopping. */

#include <errno.h>
#include <math.h>
#include <string.h>

#include "check.h"
#include "fit_samples.h"
#include "toy.h"

static struct toy toy;

static void label_old_classes(int recordings, int windows)
{
	for (uint16_t r = 0; r < recordings; r++) {
		for (uint8_t c = 0; c < TOY_CLASSES; c++) {
			toy_label(&toy, c, (uint16_t)(10 * r + c), windows);
		}
	}
}

static uint8_t add_class(const char *name)
{
	uint8_t label;

	CHECK_INT(microtl_learning_class_add(&toy.learning, name, &label), 0);
	return label;
}

static void test_new_class_is_learned(void)
{
	struct microtl_gate_result result;

	toy_init(&toy, &toy_model, TOY_CAPACITY);
	uint8_t squat = add_class("squat");
	label_old_classes(2, 5);
	toy_label(&toy, squat, 100, 5);
	toy_label(&toy, squat, 101, 5);
	CHECK(toy_accuracy(&toy, squat) == 0.0f);

	CHECK_INT(toy_train(&toy, 1, &result), 0);
	CHECK_INT(result.verdict, MICROTL_VERDICT_ACCEPTED);
	CHECK_INT(result.reason, MICROTL_GATE_LEARNED);
	CHECK_INT(result.old_count, 30);
	CHECK_INT(result.new_count, 10);
	CHECK_INT(microtl_learning_publish(&toy.learning, NULL), 0);
	for (uint8_t c = 0; c <= squat; c++) {
		CHECK(toy_accuracy(&toy, c) > 0.9f);
	}
}

/* What is drawn and judged, by recording: no window is judged that its fold was trained on. */
static void test_folds_do_not_leak(void)
{
	toy_init(&toy, &toy_model, TOY_CAPACITY);
	label_old_classes(4, 4);
	CHECK_INT(microtl_learning_train_start(&toy.learning, 1), 0);
	struct microtl_fit *fit = &toy.learning.fit;
	CHECK_INT(fit->folds, 4);
	int judged[TOY_CAPACITY] = {0};

	while (microtl_fit_running(fit)) {
		uint8_t training = fit->training;

		if (fit->state == MICROTL_FIT_EVALUATE && fit->cursor == 0) {
			for (uint16_t i = 0; i < fit->samples; i++) {
				CHECK(!microtl_priv_sample_judges(fit, fit->order[i]));
				for (uint16_t s = 0; s < TOY_CAPACITY; s++) {
					CHECK(!microtl_priv_sample_judges(fit, s) ||
					      toy.replay_entries[s].recording !=
						      toy.replay_entries[fit->order[i]].recording);
				}
			}
			for (uint16_t s = 0; s < TOY_CAPACITY; s++) {
				judged[s] += microtl_priv_sample_judges(fit, s);
			}
			CHECK_INT(fit->samples, training < 4 ? 36 : 48);
		}
		CHECK_INT(microtl_learning_train_step(&toy.learning), 0);
	}
	for (int s = 0; s < TOY_CAPACITY; s++) {
		CHECK_INT(judged[s], 1);
	}
	for (int s = 0; s < TOY_CAPACITY; s++) {
		CHECK_INT(toy.replay_entries[s].group, MICROTL_REPLAY_TRAINING);
	}
}

static void test_hold_out_is_judged_not_trained(void)
{
	toy_init(&toy, &toy_model, TOY_CAPACITY);
	toy.config.holdout_min = 2;
	label_old_classes(8, 2);
	CHECK_INT(microtl_replay_class_count(&toy.learning.replay, 0, true), 2);
	CHECK_INT(microtl_learning_train_start(&toy.learning, 1), 0);
	struct microtl_fit *fit = &toy.learning.fit;
	CHECK_INT(fit->folds, 0);
	struct microtl_fit_progress progress;
	microtl_fit_progress(fit, &progress);
	CHECK_INT(progress.trainings, 1);
	while (microtl_fit_running(fit)) {
		CHECK_INT(microtl_learning_train_step(&toy.learning), 0);
		for (uint16_t i = 0; i < fit->samples; i++) {
			CHECK(!microtl_replay_held_out(&toy.replay_entries[fit->order[i]]));
		}
	}
	struct microtl_gate_result result;
	CHECK_INT(microtl_fit_result(fit, &result), 0);
	CHECK_INT(result.old_count, 6);
	CHECK_INT(result.reason, MICROTL_GATE_FEW_OLD);

	/* With too small a hold-out both speak. */
	toy.config.holdout_min = 3;
	CHECK_INT(toy_train(&toy, 1, &result), 0);
	CHECK_INT(result.old_count, 48);
}

static void test_draws_are_balanced_and_shuffled(void)
{
	int counts[TOY_ROWS] = {0};
	int repeats = 0;
	uint8_t last = 0;

	toy_init(&toy, &toy_model, TOY_CAPACITY);
	toy.config.folds = 0;
	toy_label(&toy, 0, 1, 30);
	toy_label(&toy, 1, 2, 4);
	toy_label(&toy, 2, 3, 2);
	CHECK_INT(microtl_learning_train_start(&toy.learning, 1), 0);
	CHECK_INT(microtl_learning_train_step(&toy.learning), 0);
	struct microtl_fit *fit = &toy.learning.fit;
	int drawn[TOY_CAPACITY] = {0};
	for (int i = 0; i < 90; i++) {
		uint16_t sample = microtl_priv_draw(fit);
		uint8_t label = microtl_priv_sample_label(fit, sample);

		drawn[sample]++;
		counts[label]++;
		repeats += label == last;
		last = label;
	}
	for (int c = 0; c < TOY_CLASSES; c++) {
		CHECK_INT(counts[c], 30);
	}
	CHECK(repeats > 0 && repeats < 30);
	for (int s = 0; s < 36; s++) {
		CHECK_INT(drawn[s] > 0, 1);
		CHECK(drawn[s] <= (s < 30 ? 1 : s < 34 ? 8 : 15));
	}
}

static void test_base_set_fills_up(void)
{
	toy_init(&toy, &toy_model_with_base, TOY_CAPACITY);
	uint8_t squat = add_class("squat");
	/* Eight of class 0, two of class 1, none of class 2. */
	toy_label(&toy, 0, 1, 8);
	toy_label(&toy, 1, 2, 2);
	toy_label(&toy, squat, 3, 7);
	toy.config.folds = 0;
	toy.config.base_fill = 4;
	CHECK_INT(microtl_learning_train_start(&toy.learning, 1), 0);
	CHECK_INT(microtl_learning_train_step(&toy.learning), 0);
	struct microtl_fit *fit = &toy.learning.fit;
	CHECK_INT(fit->class_end[0], 8);
	CHECK_INT(fit->class_end[1], 8 + 4);
	CHECK_INT(fit->class_end[2], 8 + 4 + 4);
	CHECK_INT(fit->class_end[squat], 8 + 4 + 4 + 7);
	for (uint16_t i = 0; i < fit->samples; i++) {
		uint16_t sample = fit->order[i];
		bool is_base = sample >= 17;

		CHECK(!is_base || sample < 17 + TOY_BASE - TOY_GATE);
		for (uint16_t j = 0; j < i; j++) {
			CHECK(fit->order[j] != sample);
		}
	}
	microtl_fit_cancel(fit);

	/* A removed class does not come back through the base set. */
	CHECK_INT(microtl_learning_class_remove(&toy.learning, 2), 0);
	CHECK_INT(microtl_learning_train_start(&toy.learning, 1), 0);
	CHECK_INT(microtl_learning_train_step(&toy.learning), 0);
	CHECK_INT(fit->class_end[2], fit->class_end[1]);
	microtl_fit_cancel(fit);
}

static void test_only_the_new_class_recorded(void)
{
	struct microtl_gate_result result;

	toy_init(&toy, &toy_model_with_base, TOY_CAPACITY);
	uint8_t squat = add_class("squat");
	toy_label(&toy, squat, 1, 6);
	toy_label(&toy, squat, 2, 6);
	CHECK_INT(toy_train(&toy, 1, &result), 0);
	CHECK_INT(result.reason, MICROTL_GATE_FEW_OLD);
	CHECK_INT(result.old_count, TOY_GATE);
	toy.config.gate.old_min = TOY_GATE;
	CHECK_INT(toy_train(&toy, 1, &result), 0);
	CHECK_INT(result.verdict, MICROTL_VERDICT_ACCEPTED);

	toy_init(&toy, &toy_model, TOY_CAPACITY);
	squat = add_class("squat");
	toy_label(&toy, squat, 1, 6);
	toy_label(&toy, squat, 2, 6);
	CHECK_INT(toy_train(&toy, 1, &result), 0);
	CHECK_INT(result.verdict, MICROTL_VERDICT_UNDECIDED);
	CHECK_INT(result.reason, MICROTL_GATE_FEW_OLD);
	CHECK_INT(microtl_learning_publish(&toy.learning, NULL), -EPERM);
}

static void test_hopeless_jobs_are_foreseen(void)
{
	struct microtl_gate_result result;

	/* Only the new class recorded, no base set. */
	toy_init(&toy, &toy_model, TOY_CAPACITY);
	uint8_t squat = add_class("squat");
	toy_label(&toy, squat, 1, 6);
	toy_label(&toy, squat, 2, 6);
	CHECK_INT(microtl_learning_train_start(&toy.learning, 1), 0);
	CHECK_INT(microtl_fit_foresee(&toy.learning.fit), MICROTL_GATE_FEW_OLD);
	microtl_fit_cancel(&toy.learning.fit);

	/* Old classes as well, but the new one in one recording. */
	toy_init(&toy, &toy_model, TOY_CAPACITY);
	squat = add_class("squat");
	label_old_classes(2, 4);
	toy_label(&toy, squat, 100, 2);
	CHECK_INT(microtl_learning_train_start(&toy.learning, 1), 0);
	CHECK_INT(microtl_fit_foresee(&toy.learning.fit), MICROTL_GATE_FEW_NEW);
	while (microtl_fit_running(&toy.learning.fit)) {
		CHECK_INT(microtl_learning_train_step(&toy.learning), 0);
	}
	CHECK_INT(microtl_fit_result(&toy.learning.fit, &result), 0);
	CHECK_INT(result.reason, MICROTL_GATE_FEW_NEW);

	/* Looking ahead changes nothing. */
	toy_label(&toy, squat, 101, 3);
	CHECK_INT(toy_train(&toy, 1, &result), 0);
	float change = result.loss_change;
	CHECK_INT(microtl_learning_train_start(&toy.learning, 1), 0);
	CHECK_INT(microtl_fit_foresee(&toy.learning.fit), MICROTL_GATE_NONE);
	while (microtl_fit_running(&toy.learning.fit)) {
		CHECK_INT(microtl_learning_train_step(&toy.learning), 0);
	}
	CHECK_INT(microtl_fit_result(&toy.learning.fit, &result), 0);
	CHECK(result.loss_change == change);
	CHECK_INT(result.old_count, 24);
}

static void test_same_seed_same_bytes(void)
{
	static float first[TOY_PARAMS];
	struct microtl_gate_result results[2];

	for (int kind = 0; kind <= MICROTL_OPTIMIZER_ADAM; kind++) {
		for (uint16_t batch = 1; batch < 9; batch = (uint16_t)(batch + 7)) {
			toy_init(&toy, &toy_model_with_base, TOY_CAPACITY);
			toy.config.optimizer.kind = (enum microtl_optimizer_kind)kind;
			toy.config.batch = batch;
			uint8_t squat = add_class("squat");
			label_old_classes(2, 4);
			toy_label(&toy, squat, 90, 4);
			toy_label(&toy, squat, 91, 4);
			CHECK_INT(toy_train(&toy, 7, &results[0]), 0);
			memcpy(first, toy.shadow, sizeof(first));
			CHECK_INT(toy_train(&toy, 7, &results[1]), 0);
			CHECK(memcmp(first, toy.shadow, sizeof(first)) == 0);
			CHECK(results[0].loss_change == results[1].loss_change);
			CHECK(results[0].old_after == results[1].old_after);
			CHECK_INT(toy_train(&toy, 8, &results[1]), 0);
			CHECK(memcmp(first, toy.shadow, sizeof(first)) != 0);
		}
	}
}

static void test_labels_meanwhile_change_nothing(void)
{
	static float first[TOY_PARAMS];
	struct microtl_gate_result result;

	toy_init(&toy, &toy_model, TOY_CAPACITY);
	label_old_classes(2, 4);
	CHECK_INT(toy_train(&toy, 7, &result), 0);
	memcpy(first, toy.shadow, sizeof(first));

	int8_t features[TOY_FEATURES];
	int stored = 0;
	int refused = 0;
	CHECK_INT(microtl_learning_train_start(&toy.learning, 7), 0);
	CHECK_INT(microtl_learning_train_start(&toy.learning, 7), -EALREADY);
	for (int i = 0; microtl_fit_running(&toy.learning.fit); i++) {
		CHECK_INT(microtl_learning_train_step(&toy.learning), 0);
		CHECK_INT(microtl_fit_result(&toy.learning.fit, &result) == -EBUSY,
			  microtl_fit_running(&toy.learning.fit));
		if (i < 60) {
			toy_sample(features, 1, 50);
			int ret = microtl_learning_label(&toy.learning, features, 1, 50, NULL);

			stored += ret == 0;
			refused += ret == -EBUSY;
		}
	}
	CHECK_INT(stored, TOY_CAPACITY - 24);
	CHECK_INT(refused, 60 - stored);
	CHECK_INT(toy.learning.replay.refused, refused);
	CHECK(memcmp(first, toy.shadow, sizeof(first)) == 0);
	CHECK_INT(toy.learning.replay.frozen, 0);
}

/* What a removed class had learned is in no head that is trained after. */
static void test_removed_class_leaves_zeros(void)
{
	struct microtl_gate_result result;

	toy_init(&toy, &toy_model, TOY_CAPACITY);
	label_old_classes(2, 4);
	CHECK_INT(microtl_learning_class_remove(&toy.learning, 1), 0);
	CHECK_INT(toy_train(&toy, 1, &result), 0);
	for (int i = 0; i < TOY_FEATURES; i++) {
		CHECK(toy.shadow[1 * TOY_FEATURES + i] == 0.0f);
		CHECK(toy.shadow[0 * TOY_FEATURES + i] != 0.0f || toy_spec.params[i] == 0.0f);
	}
	CHECK(toy.shadow[TOY_ROWS * TOY_FEATURES + 1] == 0.0f);
}

static void test_cancel_and_errors_keep_the_head(void)
{
	struct microtl_gate_result result;
	struct microtl_head head;

	toy_init(&toy, &toy_model, TOY_CAPACITY);
	CHECK_INT(microtl_learning_train_step(&toy.learning), -EALREADY);
	CHECK_INT(microtl_fit_result(&toy.learning.fit, &result), -ENODATA);
	CHECK_INT(microtl_learning_train_start(&toy.learning, 1), -ENODATA);
	label_old_classes(2, 4);
	uint32_t digest = toy_head_digest(&toy);
	for (int steps = 0; steps < 300; steps += 13) {
		CHECK_INT(microtl_learning_train_start(&toy.learning, 1), 0);
		for (int i = 0; i < steps; i++) {
			CHECK_INT(microtl_learning_train_step(&toy.learning), 0);
		}
		microtl_fit_cancel(&toy.learning.fit);
		CHECK_INT(microtl_learning_train_step(&toy.learning), -EALREADY);
		CHECK_INT(microtl_fit_result(&toy.learning.fit, &result), -ECANCELED);
		CHECK_INT(microtl_fit_head(&toy.learning.fit, &head), -ECANCELED);
		CHECK_INT(microtl_learning_publish(&toy.learning, NULL), -ECANCELED);
		CHECK_INT(toy.learning.replay.frozen, 0);
		CHECK_INT(toy_head_digest(&toy), digest);
	}

	/* A rate that makes the weights overflow: an error, not a head. */
	toy.config.optimizer.learning_rate = 1e38f;
	CHECK_INT(toy_train(&toy, 1, &result), -ERANGE);
	CHECK_INT(microtl_learning_publish(&toy.learning, NULL), -ERANGE);
	CHECK_INT(toy_head_digest(&toy), digest);
	CHECK_INT(toy.learning.replay.frozen, 0);
	toy.config.optimizer.learning_rate = 0.003f;
	CHECK_INT(toy_train(&toy, 1, &result), 0);
}

static void test_early_stopping(void)
{
	struct microtl_gate_result result;
	struct microtl_fit_progress progress;

	toy_init(&toy, &toy_model, TOY_CAPACITY);
	label_old_classes(4, 4);
	toy.config.epochs = 2000;
	toy.config.patience = 3;
	toy.config.folds = 0;
	toy.config.min_improvement = 0.0f;
	CHECK_INT(microtl_learning_train_start(&toy.learning, 1), 0);
	CHECK(toy.learning.fit.validates);
	/* The validation recordings, one a class, are neither trained on nor judged. */
	float best = 1e9f;
	while (microtl_fit_running(&toy.learning.fit)) {
		struct microtl_fit *fit = &toy.learning.fit;
		bool was_validating = fit->state == MICROTL_FIT_VALIDATE;

		CHECK_INT(microtl_learning_train_step(&toy.learning), 0);
		if (was_validating && fit->state != MICROTL_FIT_VALIDATE) {
			best = fminf(best, fit->validation_sum / (float)fit->validation_count);
			CHECK_INT(fit->validation_count, 12);
		}
		for (uint16_t i = 0; i < fit->samples; i++) {
			CHECK(!microtl_priv_sample_validates(fit, fit->order[i]) ||
			      fit->state == MICROTL_FIT_DONE);
		}
	}
	microtl_fit_progress(&toy.learning.fit, &progress);
	CHECK(progress.epoch > 3 && progress.epoch < 2000);
	CHECK(toy.learning.fit.best_loss == best);
	CHECK(memcmp(toy.best, toy.shadow, sizeof(toy.best)) == 0);

	/* Too few recordings: the training loss decides. */
	toy_init(&toy, &toy_model, TOY_CAPACITY);
	label_old_classes(2, 4);
	toy.config.epochs = 2000;
	toy.config.patience = 2;
	toy.config.min_improvement = 0.01f;
	CHECK_INT(toy_train(&toy, 1, &result), 0);
	CHECK(!toy.learning.fit.validates);
	microtl_fit_progress(&toy.learning.fit, &progress);
	CHECK(progress.epoch < 2000);
}

/* As evictions and removed classes may leave the memory: the base set alone is trained on. */
static void test_hold_out_alone_is_not_validated_on(void)
{
	const struct microtl_replay_entry entry = {
		.sequence = 8,
		.recording = 8,
		.group = MICROTL_REPLAY_HELD_OUT,
	};
	struct microtl_gate_result result;
	int8_t features[TOY_FEATURES];

	toy_init(&toy, &toy_model_with_base, TOY_CAPACITY);
	toy_sample(features, 0, 8);
	CHECK_INT(microtl_replay_restore(&toy.learning.replay, &entry, features), 0);
	toy.config.epochs = 5;
	toy.config.patience = 3;
	CHECK_INT(toy_train(&toy, 1, &result), 0);
	CHECK_INT(toy.learning.fit.folds, 0);
	CHECK(!toy.learning.fit.validates);
}

static void test_progress_reaches_its_end(void)
{
	struct microtl_fit_progress progress;
	uint32_t last = 0;

	toy_init(&toy, &toy_model, TOY_CAPACITY);
	microtl_fit_progress(&toy.learning.fit, &progress);
	CHECK_INT(progress.state, MICROTL_FIT_IDLE);
	label_old_classes(2, 5);
	toy.config.batch = 4;
	CHECK_INT(microtl_learning_train_start(&toy.learning, 1), 0);
	while (microtl_fit_running(&toy.learning.fit)) {
		microtl_fit_progress(&toy.learning.fit, &progress);
		CHECK(progress.steps >= last && progress.steps <= progress.steps_total);
		CHECK(progress.training < progress.trainings);
		last = progress.steps;
		CHECK_INT(microtl_learning_train_step(&toy.learning), 0);
	}
	/* Two folds of 15 samples, then 30, in batches of four, 20 epochs each. */
	CHECK_INT(last, 20 * (4 + 4 + 8));
	CHECK(progress.loss >= 0.0f);
}

static void test_arguments_are_checked(void)
{
	struct microtl_fit_memory memory;
	struct microtl_fit fit;

	toy_init(&toy, &toy_model, TOY_CAPACITY);
	label_old_classes(2, 4);
	const struct microtl_fit_memory good = toy.learning.memory.fit;
	const struct microtl_fit_config config = toy.config;
#define START()                                                                                    \
	microtl_fit_start(&fit, &toy.config, &memory, &toy.learning.active, &toy.learning.replay,  \
			  NULL, &toy.learning.active.classes, 1)
#define TRY(change, want)                                                                          \
	do {                                                                                       \
		memory = good;                                                                     \
		toy.config = config;                                                               \
		change;                                                                            \
		CHECK_INT(START(), want);                                                          \
		CHECK_INT(toy.learning.replay.frozen, 0);                                          \
	} while (0)
	TRY(memory.shadow = NULL, -EINVAL);
	TRY(memory.state = NULL, -EINVAL);
	TRY(memory.workspace = NULL, -EINVAL);
	TRY(memory.workspace = (char *)good.workspace + 2, -EINVAL);
	TRY(memory.workspace_size = 300, -ENOMEM);
	TRY((toy.config.batch = 2, memory.gradient = NULL), -EINVAL);
	TRY(toy.config.batch = 0, -EINVAL);
	TRY(toy.config.epochs = 0, -EINVAL);
	TRY(toy.config.folds = 9, -EINVAL);
	TRY(toy.config.min_improvement = NAN, -EINVAL);
	TRY(toy.config.optimizer.learning_rate = 0.0f, -EINVAL);
	TRY(toy.config.gate.sigmas = -1.0f, -EINVAL);
	TRY(toy.learning.replay.entries[3].label = TOY_ROWS, -EINVAL);
#undef TRY
}

int main(void)
{
	RUN(test_new_class_is_learned);
	RUN(test_folds_do_not_leak);
	RUN(test_hold_out_is_judged_not_trained);
	RUN(test_draws_are_balanced_and_shuffled);
	RUN(test_base_set_fills_up);
	RUN(test_only_the_new_class_recorded);
	RUN(test_hopeless_jobs_are_foreseen);
	RUN(test_same_seed_same_bytes);
	RUN(test_labels_meanwhile_change_nothing);
	RUN(test_removed_class_leaves_zeros);
	RUN(test_cancel_and_errors_keep_the_head);
	RUN(test_early_stopping);
	RUN(test_hold_out_alone_is_not_validated_on);
	RUN(test_progress_reaches_its_end);
	RUN(test_arguments_are_checked);
	return 0;
}
