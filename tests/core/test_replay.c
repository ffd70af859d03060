/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The replay memory: balance, hold-out by recording, freezing, forgetting. */

#include <errno.h>
#include <string.h>

#include <microtl/replay.h>

#include "check.h"

#define FEATURES 3
#define CAPACITY 40

static int8_t features[CAPACITY * FEATURES];
static struct microtl_replay_entry entries[CAPACITY];

static void start(struct microtl_replay *replay, uint16_t capacity)
{
	CHECK_INT(microtl_replay_init(replay, features, entries, FEATURES, capacity), 0);
}

/* A sample that carries its own number. */
static int add(struct microtl_replay *replay, uint8_t label, uint16_t recording)
{
	int8_t sample[FEATURES] = {(int8_t)(replay->sequence + 1U), (int8_t)label, 7};

	return microtl_replay_add(replay, sample, label, recording, NULL);
}

static void check_contents(const struct microtl_replay *replay)
{
	for (uint16_t i = 0; i < replay->count; i++) {
		const int8_t *sample = microtl_replay_features(replay, i);

		CHECK_INT(sample[0], (int8_t)replay->entries[i].sequence);
		CHECK_INT(sample[1], (int8_t)replay->entries[i].label);
		CHECK_INT(sample[2], 7);
	}
}

static uint16_t total(const struct microtl_replay *replay, uint8_t label)
{
	return (uint16_t)(microtl_replay_class_count(replay, label, false) +
			  microtl_replay_class_count(replay, label, true));
}

static void test_arguments(void)
{
	struct microtl_replay replay;

	CHECK_INT(microtl_replay_init(&replay, NULL, entries, FEATURES, 1), -EINVAL);
	CHECK_INT(microtl_replay_init(&replay, features, NULL, FEATURES, 1), -EINVAL);
	CHECK_INT(microtl_replay_init(&replay, features, entries, 0, 1), -EINVAL);
	CHECK_INT(microtl_replay_init(&replay, NULL, NULL, FEATURES, 0), 0);
	CHECK_INT(add(&replay, 1, 1), -ENOMEM);
	CHECK_INT(microtl_replay_freeze(&replay), -ENODATA);
	CHECK_INT(microtl_replay_forget(&replay), 0);
	start(&replay, 4);
	CHECK_INT(add(&replay, MICROTL_LABEL_NONE, 1), -EINVAL);
	CHECK_INT(replay.count, 0);
}

static void test_rare_class_is_kept(void)
{
	struct microtl_replay replay;

	start(&replay, 20);
	for (int i = 0; i < 5; i++) {
		CHECK_INT(add(&replay, 2, 1), 0);
	}
	for (int i = 0; i < 500; i++) {
		CHECK_INT(add(&replay, (uint8_t)(i % 2), (uint16_t)(10 + i / 10)), 0);
		CHECK_INT(total(&replay, 2), 5);
		check_contents(&replay);
	}
	CHECK_INT(replay.count, 20);
	CHECK(total(&replay, 0) >= 7 && total(&replay, 1) >= 7);
	CHECK_INT(replay.evicted, 485);
}

static void test_one_class_may_fill_the_memory(void)
{
	struct microtl_replay replay;

	start(&replay, 20);
	for (int i = 0; i < 100; i++) {
		CHECK_INT(add(&replay, 3, 1), 0);
	}
	CHECK_INT(total(&replay, 3), 20);
	/* The oldest went. */
	for (uint16_t i = 0; i < replay.count; i++) {
		CHECK(replay.entries[i].sequence > 80);
	}
}

static void test_recordings_are_thinned_evenly(void)
{
	struct microtl_replay replay;

	start(&replay, 20);
	for (int i = 0; i < 200; i++) {
		CHECK_INT(add(&replay, 1, (uint16_t)(i / 50)), 0);
	}
	int counts[4] = {0};
	for (uint16_t i = 0; i < replay.count; i++) {
		counts[replay.entries[i].recording]++;
	}
	for (int r = 0; r < 4; r++) {
		CHECK_INT(counts[r], 5);
	}
}

static void test_holdout_is_drawn_by_recording(void)
{
	struct microtl_replay replay;

	start(&replay, CAPACITY);
	/* 17 recordings of two samples: the eighth and the sixteenth are held out. */
	for (int i = 0; i < 34; i++) {
		CHECK_INT(add(&replay, 1, (uint16_t)(i / 2)), 0);
	}
	for (uint16_t i = 0; i < replay.count; i++) {
		bool held = replay.entries[i].recording == 7 || replay.entries[i].recording == 15;

		CHECK_INT(microtl_replay_held_out(&replay.entries[i]), held);
	}
	CHECK_INT(microtl_replay_class_count(&replay, 1, true), 4);
	CHECK_INT(microtl_replay_class_count(&replay, 1, false), 30);

	/* One recording is in one part, whatever the class of its samples. */
	CHECK_INT(add(&replay, 2, 3), 0);
	CHECK_INT(add(&replay, 2, 7), 0);
	for (uint16_t i = 0; i < replay.count; i++) {
		CHECK_INT(microtl_replay_held_out(&replay.entries[i]),
			  replay.entries[i].recording == 7 || replay.entries[i].recording == 15);
	}
}

static void test_class_needs_something_to_train_on(void)
{
	struct microtl_replay replay;

	start(&replay, CAPACITY);
	for (int i = 0; i < 8; i++) {
		CHECK_INT(add(&replay, 1, (uint16_t)i), 0);
	}
	CHECK_INT(microtl_replay_class_count(&replay, 1, true), 1);
	/* A class that only the held-out recording has: the recording goes back to training. */
	CHECK_INT(add(&replay, 5, 7), 0);
	CHECK_INT(microtl_replay_class_count(&replay, 5, false), 1);
	CHECK_INT(microtl_replay_class_count(&replay, 1, true), 0);
}

static void test_few_recordings_have_no_holdout(void)
{
	struct microtl_replay replay;

	start(&replay, CAPACITY);
	for (int i = 0; i < 28; i++) {
		CHECK_INT(add(&replay, (uint8_t)(i % 4), (uint16_t)(i % 28)), 0);
	}
	for (uint8_t label = 0; label < 4; label++) {
		CHECK_INT(microtl_replay_class_count(&replay, label, true), 0);
	}
}

static void test_frozen_samples_stay(void)
{
	static struct microtl_replay_entry before[CAPACITY];
	struct microtl_replay replay;

	start(&replay, 20);
	for (int i = 0; i < 15; i++) {
		CHECK_INT(add(&replay, (uint8_t)(i % 3), (uint16_t)(i / 5)), 0);
	}
	CHECK_INT(microtl_replay_freeze(&replay), 0);
	CHECK_INT(microtl_replay_freeze(&replay), -EALREADY);
	memcpy(before, entries, sizeof(before));
	for (int i = 0; i < 10; i++) {
		CHECK_INT(add(&replay, 1, 9), i < 5 ? 0 : -EBUSY);
		CHECK(memcmp(before, entries, 15 * sizeof(before[0])) == 0);
		check_contents(&replay);
	}
	CHECK_INT(replay.refused, 5);
	CHECK_INT(microtl_replay_remove_class(&replay, 1), -EBUSY);
	CHECK_INT(microtl_replay_forget(&replay), -EBUSY);
	entries[2].group = 3;
	microtl_replay_thaw(&replay);
	CHECK_INT(entries[2].group, MICROTL_REPLAY_TRAINING);
	CHECK_INT(replay.count, 20);
	CHECK_INT(add(&replay, 1, 9), 0);
	CHECK_INT(replay.count, 20);
}

static void test_class_is_removed(void)
{
	struct microtl_replay replay;

	start(&replay, 20);
	for (int i = 0; i < 20; i++) {
		CHECK_INT(add(&replay, (uint8_t)(i % 3), 1), 0);
	}
	CHECK_INT(microtl_replay_remove_class(&replay, 2), 0);
	CHECK_INT(replay.count, 14);
	CHECK_INT(total(&replay, 2), 0);
	check_contents(&replay);
	for (int i = 14 * FEATURES; i < 20 * FEATURES; i++) {
		CHECK_INT(features[i], 0);
	}
	CHECK_INT(microtl_replay_remove_class(&replay, 9), 0);
	CHECK_INT(replay.count, 14);
}

static void test_forgetting_wipes(void)
{
	struct microtl_replay replay;

	start(&replay, CAPACITY);
	for (int i = 0; i < 60; i++) {
		CHECK_INT(add(&replay, (uint8_t)(i % 3), 1), 0);
	}
	uint32_t sequence = replay.sequence;
	CHECK_INT(microtl_replay_forget(&replay), 0);
	CHECK_INT(replay.count, 0);
	for (size_t i = 0; i < sizeof(features); i++) {
		CHECK_INT(features[i], 0);
	}
	for (size_t i = 0; i < sizeof(entries); i++) {
		CHECK_INT(((const uint8_t *)entries)[i], 0);
	}
	CHECK_INT(add(&replay, 1, 1), 0);
	CHECK(replay.sequence > sequence);
}

static void test_sequence_may_wrap(void)
{
	struct microtl_replay replay;

	start(&replay, 4);
	replay.sequence = UINT32_MAX - 3U;
	for (int i = 0; i < 12; i++) {
		CHECK_INT(add(&replay, 1, 1), 0);
		check_contents(&replay);
	}
	for (uint16_t i = 0; i < replay.count; i++) {
		CHECK(replay.entries[i].sequence >= 5 && replay.entries[i].sequence <= 8);
	}
}

int main(void)
{
	RUN(test_arguments);
	RUN(test_rare_class_is_kept);
	RUN(test_one_class_may_fill_the_memory);
	RUN(test_recordings_are_thinned_evenly);
	RUN(test_holdout_is_drawn_by_recording);
	RUN(test_class_needs_something_to_train_on);
	RUN(test_few_recordings_have_no_holdout);
	RUN(test_frozen_samples_stay);
	RUN(test_class_is_removed);
	RUN(test_forgetting_wipes);
	RUN(test_sequence_may_wrap);
	return 0;
}
