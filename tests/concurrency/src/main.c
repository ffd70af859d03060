/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Two threads infer and label, a third infers from a window that a timer's interrupt feeds, while
 * the test starts, pauses, cancels and publishes trainings, saves and loads. Every answer has to be
 * that of a head that was once live as a whole.
 */

#include <errno.h>

#include <zephyr/random/random.h>
#include <zephyr/sys/crc.h>
#include <zephyr/ztest.h>

#include <microtl/store.h>
#include <microtl/trainer.h>
#include <microtl/window.h>

#include "heads.h"
#include "samples.h"
#include "setup.h"

#define PIXELS_PER_ROW 8
#define STACK_SIZE     2048
#define READERS        2

MICROTL_WINDOW_DEFINE(window, digits, DIGITS, PIXELS_PER_ROW, 8, 8);

static struct heads live;
static struct heads seen[READERS];
static atomic_t stop;
static atomic_t failures;

static K_THREAD_STACK_ARRAY_DEFINE(stacks, READERS + 1, STACK_SIZE);
static struct k_thread threads[READERS + 1];

/* What the active head says about the first test image. */
static int probe(uint32_t *crc)
{
	float scores[DIGITS_CLASS_CAPACITY];
	struct microtl_inference result;
	int ret = microtl_learner_infer(&learner, samples_test[0], scores, &result, K_SECONDS(60));

	*crc = crc32_ieee((const uint8_t *)scores, sizeof(scores));
	return ret;
}

static void expect(bool condition)
{
	if (!condition) {
		atomic_inc(&failures);
	}
}

static void label_one(uint32_t turn)
{
	int ret = setup_label(turn % SAMPLES_TAUGHT);

	/* The memory may be in use by a training; others may have inferred meanwhile. */
	expect(ret == 0 || ret == -EBUSY || ret == -ENODATA);
}

static void read_and_label(void *a, void *b, void *c)
{
	struct heads *heads = a;
	uint32_t crc;

	ARG_UNUSED(b);
	ARG_UNUSED(c);
	for (uint32_t turn = 0; atomic_get(&stop) == 0; turn++) {
		expect(probe(&crc) == 0);
		expect(heads_add(heads, crc));
		if (turn % 64 == 0) {
			label_one(turn / 64);
		}
		k_sleep(K_MSEC(1));
	}
}

static void read_window(void *a, void *b, void *c)
{
	int8_t input[DIGITS_INPUT_SIZE];
	struct microtl_inference result;

	ARG_UNUSED(a);
	ARG_UNUSED(b);
	ARG_UNUSED(c);
	while (atomic_get(&stop) == 0) {
		if (microtl_window_take(&window, input, K_MSEC(100)) == 0) {
			expect(microtl_learner_infer(&learner, input, NULL, &result,
						     K_SECONDS(60)) == 0);
		}
	}
}

static void push_frame(struct k_timer *timer)
{
	static const int16_t frame[PIXELS_PER_ROW] = {0, 2, 4, 8, 16, 8, 4, 2};

	ARG_UNUSED(timer);
	microtl_window_push(&window, frame);
}

static K_TIMER_DEFINE(feeder, push_frame, NULL);

/* One training, disturbed at random, until it has ended; then the head that is live is noted. */
static void cycle(uint32_t number)
{
	uint32_t crc;
	int ret = microtl_train_start(&learner, number);

	zassert_ok(ret, "start: %d", ret);
	k_sleep(K_MSEC(sys_rand32_get() % 8));
	switch (number % 4) {
	case 0:
		ret = microtl_train_pause(&learner);
		zassert_true(ret == 0 || ret == -ENOENT);
		k_sleep(K_MSEC(2));
		ret = microtl_train_resume(&learner);
		zassert_true(ret == 0 || ret == -ENOENT);
		break;
	case 1:
		ret = microtl_train_cancel(&learner, K_SECONDS(60));
		zassert_true(ret == 0 || ret == -ENOENT, "cancel: %d", ret);
		break;
	default:
		break;
	}
	zassert_ok(microtl_train_wait(&learner, K_SECONDS(60)), "a training hangs");
	zassert_ok(probe(&crc));
	zassert_true(heads_add(&live, crc));
}

static void save_and_load(uint32_t number)
{
	uint32_t before;
	uint32_t after;

	zassert_ok(probe(&before));
	zassert_ok(microtl_store_commit(&learner, false));
	if (number % 16 == 7) {
		zassert_ok(microtl_learner_reset(&learner));
	} else {
		int ret = microtl_store_load(&learner);

		/* After a reset there may be none. */
		zassert_true(ret == 0 || ret == -ENOENT, "load: %d", ret);
	}
	zassert_ok(probe(&after));
	zassert_true(heads_add(&live, after));
	zassert_true(number % 16 == 7 || before == after, "loaded another head than saved");
}

static void print_stacks(void)
{
	size_t unused;
	size_t size;

	zassert_ok(microtl_trainer_stack(&unused, &size));
	TC_PRINT("trainer's stack: %zu of %zu bytes never used\n", unused, size);
	zassert_true(unused >= 128);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		zassert_ok(k_thread_stack_space_get(&threads[i], &unused));
		TC_PRINT("reader %zu's stack: %zu of %u bytes never used\n", i, unused, STACK_SIZE);
		zassert_true(unused >= 128);
	}
}

static void check_window(void)
{
	struct microtl_window_stats stats;
	int8_t input[DIGITS_INPUT_SIZE];

	while (microtl_window_take(&window, input, K_NO_WAIT) == 0) {
	}
	microtl_window_stats_get(&window, &stats);
	TC_PRINT("frames %u, windows %u, dropped %u\n", stats.frames, stats.windows, stats.dropped);
	zassert_equal(stats.windows + stats.dropped, stats.frames / 8, "a window went uncounted");
}

static void check_counters(uint32_t ended_before)
{
	struct microtl_learner_stats stats;

	microtl_learner_stats_get(&learner, &stats);
	TC_PRINT("inferences %u, labels %u, trainings %u, accepted %u, heads %zu\n",
		 stats.inferences, stats.labels, stats.trainings, stats.accepted, live.count);
	TC_PRINT("inference: max %u us\n", stats.inference.max_us);
	zassert_true(stats.accepted > 0 && live.count > 2, "no head went live: nothing was tested");
	zassert_equal(setup_ended() - ended_before, CONFIG_TEST_CYCLE_COUNT);
}

ZTEST(microtl_concurrency, test_readers_only_ever_see_whole_heads)
{
	uint32_t ended = setup_ended();
	uint32_t crc;

	setup_learner();
	for (uint16_t c = 0; c < PIXELS_PER_ROW; c++) {
		zassert_ok(microtl_window_resolution_set(&window, c, 1.0f / 16.0f));
	}
	zassert_ok(probe(&crc));
	zassert_true(heads_add(&live, crc));
	for (int i = 0; i <= READERS; i++) {
		k_thread_create(&threads[i], stacks[i], STACK_SIZE,
				i < READERS ? read_and_label : read_window,
				i < READERS ? &seen[i] : NULL, NULL, NULL, K_PRIO_PREEMPT(6 + i), 0,
				K_NO_WAIT);
	}
	k_timer_start(&feeder, K_MSEC(1), K_MSEC(1));
	for (uint32_t i = 0; i < CONFIG_TEST_CYCLE_COUNT; i++) {
		cycle(i);
		if (i % 4 == 3) {
			save_and_load(i);
		}
	}
	k_timer_stop(&feeder);
	print_stacks();
	(void)atomic_set(&stop, 1);
	for (int i = 0; i <= READERS; i++) {
		zassert_ok(k_thread_join(&threads[i], K_SECONDS(60)), "thread %d hangs", i);
	}
	zassert_equal(atomic_get(&failures), 0, "%ld calls failed", atomic_get(&failures));
	for (int i = 0; i < READERS; i++) {
		zassert_true(seen[i].count > 0);
		zassert_true(heads_are_among(&seen[i], &live), "reader %d saw a torn head", i);
	}
	check_window();
	check_counters(ended);
}

ZTEST_SUITE(microtl_concurrency, NULL, NULL, NULL, NULL, NULL);
