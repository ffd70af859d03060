/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The gate's rules, one at a time. Its error rates are measured by gate_error_rates.py. */

#include <errno.h>
#include <string.h>

#include <microtl/gate.h>

#include "check.h"

#define ROWS 6

static struct microtl_gate_tally tally[ROWS];
static struct microtl_gate gate;
static struct microtl_gate_config config;

/* Classes below old_count are old, those up to count are new. */
static void start(uint8_t old_count, uint8_t count)
{
	struct microtl_class_set old_classes = {0};
	struct microtl_class_set new_classes = {0};

	for (uint8_t c = 0; c < count; c++) {
		microtl_class_set_add(c < old_count ? &old_classes : &new_classes, c);
	}
	config = (struct microtl_gate_config)MICROTL_GATE_CONFIG_DEFAULT;
	CHECK_INT(microtl_gate_init(&gate, &config, tally, ROWS, &old_classes, &new_classes), 0);
}

static void add(uint8_t label, int count, bool before, bool after, float loss_before,
		float loss_after)
{
	for (int i = 0; i < count; i++) {
		/* Some spread, or every difference would be beyond chance. */
		float spread = i % 2 == 0 ? 0.05f : -0.05f;

		microtl_gate_add(&gate, label, before, after, loss_before, loss_after + spread);
	}
}

static struct microtl_gate_result decide(void)
{
	struct microtl_gate_result result;

	microtl_gate_decide(&gate, &result);
	CHECK(microtl_gate_reason_text(result.reason)[0] != '\0');
	return result;
}

static void expect(enum microtl_verdict verdict, enum microtl_gate_reason reason)
{
	struct microtl_gate_result result = decide();

	CHECK_INT(result.reason, reason);
	CHECK_INT(result.verdict, verdict);
}

static void test_nothing_is_undecided(void)
{
	start(3, 4);
	expect(MICROTL_VERDICT_UNDECIDED, MICROTL_GATE_FEW_OLD);
	CHECK(decide().old_before < 0.0f && decide().new_recall < 0.0f);
	start(3, 3);
	expect(MICROTL_VERDICT_UNDECIDED, MICROTL_GATE_FEW_OLD);
	start(0, 0);
	expect(MICROTL_VERDICT_UNDECIDED, MICROTL_GATE_NO_GAIN);
}

static void test_new_class_is_learned(void)
{
	start(3, 4);
	for (uint8_t c = 0; c < 3; c++) {
		add(c, 10, true, true, 0.2f, 0.2f);
	}
	add(3, 9, false, true, 0.0f, 0.0f);
	add(3, 1, false, false, 0.0f, 0.0f);
	expect(MICROTL_VERDICT_ACCEPTED, MICROTL_GATE_LEARNED);
	CHECK_INT(decide().old_count, 30);
	CHECK_INT(decide().new_count, 10);
	CHECK(decide().new_recall_min > 0.89f && decide().new_recall_min < 0.91f);
}

static void test_without_old_classes_the_new_ones_decide(void)
{
	start(0, 2);
	add(0, 5, false, true, 0.0f, 0.0f);
	add(1, 2, false, true, 0.0f, 0.0f);
	expect(MICROTL_VERDICT_UNDECIDED, MICROTL_GATE_FEW_NEW);
	CHECK_INT(decide().label, 1);
	add(1, 2, false, true, 0.0f, 0.0f);
	expect(MICROTL_VERDICT_ACCEPTED, MICROTL_GATE_LEARNED);
}

static void test_gain_of_the_new_class_buys_nothing(void)
{
	start(3, 4);
	add(3, 100, false, true, 0.0f, 0.0f);
	for (uint8_t c = 0; c < 3; c++) {
		add(c, 7, true, true, 0.2f, 0.2f);
		add(c, 3, true, false, 0.2f, 0.2f);
	}
	expect(MICROTL_VERDICT_REJECTED, MICROTL_GATE_OLD_ACCURACY);
}

static void test_loss_counts_beside_accuracy(void)
{
	start(3, 4);
	add(3, 10, false, true, 0.0f, 0.0f);
	for (uint8_t c = 0; c < 3; c++) {
		add(c, 10, true, true, 0.1f, 0.5f);
	}
	expect(MICROTL_VERDICT_REJECTED, MICROTL_GATE_OLD_LOSS);

	/* One sample of certain error does not decide alone. */
	start(3, 4);
	add(3, 10, false, true, 0.0f, 0.0f);
	for (uint8_t c = 0; c < 3; c++) {
		add(c, 10, true, true, 0.2f, 0.2f);
	}
	microtl_gate_add(&gate, 0, true, false, 0.1f, 80.0f);
	expect(MICROTL_VERDICT_ACCEPTED, MICROTL_GATE_LEARNED);
	CHECK(decide().loss_change < 0.2f);
}

static void test_new_class_needs_recall(void)
{
	start(3, 5);
	for (uint8_t c = 0; c < 3; c++) {
		add(c, 10, true, true, 0.2f, 0.2f);
	}
	add(3, 20, false, true, 0.0f, 0.0f);
	add(4, 6, false, true, 0.0f, 0.0f);
	add(4, 14, false, false, 0.0f, 0.0f);
	expect(MICROTL_VERDICT_REJECTED, MICROTL_GATE_NEW_RECALL);
	CHECK_INT(decide().label, 4);
	/* Of five, two may do; one may not. */
	start(0, 1);
	add(0, 2, false, true, 0.0f, 0.0f);
	add(0, 3, false, false, 0.0f, 0.0f);
	expect(MICROTL_VERDICT_ACCEPTED, MICROTL_GATE_LEARNED);
	start(0, 1);
	add(0, 1, false, true, 0.0f, 0.0f);
	add(0, 4, false, false, 0.0f, 0.0f);
	expect(MICROTL_VERDICT_REJECTED, MICROTL_GATE_NEW_RECALL);
}

static void test_class_without_samples_is_undecided(void)
{
	start(3, 4);
	add(0, 20, true, true, 0.2f, 0.2f);
	add(1, 20, true, true, 0.2f, 0.2f);
	add(3, 20, false, true, 0.0f, 0.0f);
	expect(MICROTL_VERDICT_UNDECIDED, MICROTL_GATE_FEW_OLD);
	add(2, 1, true, true, 0.2f, 0.2f);
	expect(MICROTL_VERDICT_ACCEPTED, MICROTL_GATE_LEARNED);
}

static void test_old_classes_must_improve(void)
{
	start(2, 2);
	add(0, 10, true, true, 0.2f, 0.2f);
	add(1, 10, true, true, 0.2f, 0.2f);
	expect(MICROTL_VERDICT_UNDECIDED, MICROTL_GATE_NO_GAIN);
	start(2, 2);
	add(0, 10, true, true, 0.4f, 0.2f);
	add(1, 10, false, true, 1.2f, 0.6f);
	expect(MICROTL_VERDICT_ACCEPTED, MICROTL_GATE_IMPROVED);
	start(2, 2);
	add(0, 10, true, true, 0.2f, 0.3f);
	add(1, 10, true, true, 0.2f, 0.3f);
	expect(MICROTL_VERDICT_REJECTED, MICROTL_GATE_OLD_LOSS);
}

static void test_accuracy_is_balanced(void)
{
	/* 100 samples of one class unchanged, 5 of the other lost: half the classes, not 5 %. */
	start(2, 3);
	add(2, 10, false, true, 0.0f, 0.0f);
	add(0, 100, true, true, 0.2f, 0.1f);
	add(1, 5, true, false, 0.2f, 0.2f);
	expect(MICROTL_VERDICT_REJECTED, MICROTL_GATE_OLD_ACCURACY);
	CHECK(decide().old_before > 0.99f && decide().old_after < 0.51f);
}

static void test_base_set_speaks_for_classes_without_samples(void)
{
	/* The user's own class 0 is fine, class 1 has the base set only. */
	start(2, 3);
	add(2, 10, false, true, 0.0f, 0.0f);
	add(0, 10, true, true, 0.2f, 0.2f);
	for (int i = 0; i < 10; i++) {
		microtl_gate_add_base(&gate, 0, true, i > 2, 0.2f, 0.6f);
		microtl_gate_add_base(&gate, 1, true, true, 0.2f, 0.2f);
	}
	CHECK_INT(tally[0].count, 10);
	CHECK_INT(tally[1].count, 10);
	expect(MICROTL_VERDICT_ACCEPTED, MICROTL_GATE_LEARNED);
	CHECK(decide().base_before == 1.0f && decide().base_after == 0.85f);

	start(2, 3);
	add(2, 10, false, true, 0.0f, 0.0f);
	add(0, 10, true, true, 0.2f, 0.2f);
	for (int i = 0; i < 10; i++) {
		microtl_gate_add_base(&gate, 1, true, i > 4, 0.2f, 0.2f);
	}
	expect(MICROTL_VERDICT_REJECTED, MICROTL_GATE_OLD_ACCURACY);

	/* A collapse on the base set: whatever the user's samples say. */
	start(2, 3);
	add(2, 10, false, true, 0.0f, 0.0f);
	add(0, 10, true, true, 0.2f, 0.2f);
	add(1, 10, true, true, 0.2f, 0.2f);
	for (int i = 0; i < 10; i++) {
		microtl_gate_add_base(&gate, 0, true, i > 4, 0.2f, 0.2f);
		microtl_gate_add_base(&gate, 1, true, i > 3, 0.2f, 0.2f);
	}
	expect(MICROTL_VERDICT_REJECTED, MICROTL_GATE_BASE_ACCURACY);
	CHECK_INT(decide().old_count, 20);
}

static void test_other_classes_are_left_out(void)
{
	start(2, 3);
	add(4, 10, true, false, 0.0f, 9.0f);
	microtl_gate_add(&gate, 200, true, false, 0.0f, 9.0f);
	microtl_gate_add_base(&gate, 4, true, false, 0.0f, 9.0f);
	microtl_gate_add_base(&gate, 2, true, false, 0.0f, 9.0f);
	CHECK_INT(decide().old_count, 0);
	CHECK_INT(gate.base_count, 0);
}

static void test_counters_stop_at_their_end(void)
{
	start(1, 1);
	for (int i = 0; i < 70000; i++) {
		microtl_gate_add(&gate, 0, true, true, 0.3f, 0.2f);
	}
	CHECK_INT(tally[0].count, UINT16_MAX);
	CHECK_INT(decide().old_count, UINT16_MAX);
	expect(MICROTL_VERDICT_ACCEPTED, MICROTL_GATE_IMPROVED);
}

static void test_settings_are_checked(void)
{
	const struct microtl_class_set none = {0};

	start(1, 1);
#define TRY(field, value)                                                                          \
	do {                                                                                       \
		config = (struct microtl_gate_config)MICROTL_GATE_CONFIG_DEFAULT;                  \
		config.field = value;                                                              \
		CHECK_INT(microtl_gate_init(&gate, &config, tally, ROWS, &none, &none), -EINVAL);  \
	} while (0)
	TRY(accuracy_margin, -0.1f);
	TRY(accuracy_margin, 1.1f);
	TRY(loss_margin, -0.1f);
	TRY(recall_min, 1.1f);
	TRY(base_margin, -0.1f);
	TRY(sigmas, -1.0f);
	TRY(gain_sigmas, -1.0f);
	TRY(coverage, 2.0f);
#undef TRY
	CHECK_INT(microtl_gate_init(&gate, &config, NULL, ROWS, &none, &none), -EINVAL);
}

int main(void)
{
	RUN(test_nothing_is_undecided);
	RUN(test_new_class_is_learned);
	RUN(test_without_old_classes_the_new_ones_decide);
	RUN(test_gain_of_the_new_class_buys_nothing);
	RUN(test_loss_counts_beside_accuracy);
	RUN(test_new_class_needs_recall);
	RUN(test_class_without_samples_is_undecided);
	RUN(test_old_classes_must_improve);
	RUN(test_accuracy_is_balanced);
	RUN(test_base_set_speaks_for_classes_without_samples);
	RUN(test_other_classes_are_left_out);
	RUN(test_counters_stop_at_their_end);
	RUN(test_settings_are_checked);
	return 0;
}
