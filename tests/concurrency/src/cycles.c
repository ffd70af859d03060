/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Start, stop, save, load, reset, over and over: nothing is used up, nothing stays locked. */

#include <errno.h>

#include <zephyr/ztest.h>

#include <microtl/store.h>
#include <microtl/trainer.h>

#include "samples.h"
#include "setup.h"

BUILD_ASSERT(K_HEAP_MEM_POOL_SIZE == 0, "a heap could leak");

/** What a cycle must give back. */
struct state {
	uint32_t labels;
	uint32_t classes;
	size_t trainer_unused;
};

static struct state take_stock(void)
{
	struct state state = {.labels = learner.learning.replay.count};
	struct microtl_class_info info;
	size_t size;

	for (uint8_t label = 0; label < DIGITS_CLASS_CAPACITY; label++) {
		state.classes += microtl_learner_class_get(&learner, label, &info) == 0 ? 1 : 0;
	}
	zassert_ok(microtl_trainer_stack(&state.trainer_unused, &size));
	return state;
}

static void expect_unlocked(const struct k_mutex *mutex)
{
	zassert_equal(mutex->lock_count, 0);
	zassert_is_null(mutex->owner);
}

/* Another head: one that was told to leave a class out. */
static void change_head(void)
{
	uint8_t other;

	zassert_ok(microtl_learner_class_remove(&learner, label));
	zassert_ok(microtl_learner_class_add(&learner, "9", &other));
	zassert_equal(other, label, "a class row was lost");
}

static void start_and_stop(uint32_t number)
{
	int ret;

	zassert_ok(microtl_train_start(&learner, number));
	k_sleep(K_USEC(100 * (number % 8)));
	ret = microtl_train_cancel(&learner, K_SECONDS(60));
	zassert_true(ret == 0 || ret == -ENOENT, "cancel: %d", ret);
	zassert_equal(microtl_train_cancel(&learner, K_NO_WAIT), -ENOENT, "stopped, but active");
}

static void cycle(uint32_t number)
{
	change_head();
	for (uint32_t i = 0; i < SAMPLES_RECORDING_LENGTH; i++) {
		zassert_ok(setup_label(i));
	}
	start_and_stop(number);
	zassert_ok(microtl_store_commit(&learner, false));
	zassert_ok(microtl_store_load(&learner));
	zassert_ok(microtl_learner_reset(&learner));
	zassert_equal(microtl_store_load(&learner), -ENOENT);
	expect_unlocked(&learner.arena_mutex);
	expect_unlocked(&learner.head_mutex);
	expect_unlocked(&learner.store_mutex);
}

ZTEST(microtl_concurrency, test_a_cycle_uses_nothing_up)
{
	const uint32_t warm_up = CONFIG_TEST_CYCLE_COUNT / 10U;
	struct microtl_learner_stats stats;
	struct state before = {0};
	struct state after;

	setup_learner();
	microtl_learner_stats_get(&learner, &stats);

	uint32_t ended = setup_ended();
	uint32_t writes = stats.flash_writes;

	for (uint32_t i = 0; i < CONFIG_TEST_CYCLE_COUNT; i++) {
		if (i == warm_up) {
			before = take_stock();
		}
		cycle(i);
	}
	after = take_stock();
	microtl_learner_stats_get(&learner, &stats);
	TC_PRINT("%u times start, stop, save, load, reset: %u flash writes\n",
		 CONFIG_TEST_CYCLE_COUNT, stats.flash_writes - writes);
	TC_PRINT("trainer's stack: %zu bytes never used after %u, %zu after %u\n",
		 before.trainer_unused, warm_up, after.trainer_unused, CONFIG_TEST_CYCLE_COUNT);
	zassert_equal(setup_ended() - ended, CONFIG_TEST_CYCLE_COUNT);
	zassert_true(stats.flash_writes - writes >= CONFIG_TEST_CYCLE_COUNT);
	zassert_equal(before.labels, after.labels);
	zassert_equal(before.classes, after.classes);
	zassert_equal(before.trainer_unused, after.trainer_unused, "the stack grows");
}
