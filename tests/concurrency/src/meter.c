/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What a training is said to cost: with the threads' run times, and by the time of day. */

#include <zephyr/ztest.h>

#include <microtl/trainer.h>

#include "setup.h"

#define WORK_MS  20
#define PAUSE_MS 500

/* Runs in the trainer thread: its own time, and here the most of it. */
static void work(struct microtl_learner *trained, enum microtl_train_event event, void *user_data)
{
	ARG_UNUSED(trained);
	ARG_UNUSED(event);
	ARG_UNUSED(user_data);
	k_busy_wait(WORK_MS * USEC_PER_MSEC);
}

static void *set_up(void)
{
	setup_learner();
	microtl_train_callback_set(&learner, work, NULL);
	return NULL;
}

static void tear_down(void *fixture)
{
	ARG_UNUSED(fixture);
	microtl_train_callback_set(&learner, NULL, NULL);
}

/* The share is within what the last step and a sleep that ends with a tick may make of it. */
static uint32_t finish(void)
{
	struct microtl_train_status status;

	zassert_ok(microtl_train_wait(&learner, K_SECONDS(20)), "the training does not end");
	microtl_train_status_get(&learner, &status);
	zassert_ok(status.error);
	TC_PRINT("%u ms of the CPU in %u ms\n", status.cpu_ms, status.elapsed_ms);

	uint32_t wall_ms = status.cpu_ms * 100U / CONFIG_MICROTL_TRAINER_CPU_PERCENT;

	zassert_true(status.cpu_ms >= WORK_MS);
	zassert_true(status.elapsed_ms + 2U * WORK_MS >= wall_ms);
	zassert_true(status.elapsed_ms <= 5U * wall_ms / 4U + 4U * WORK_MS);
	return status.elapsed_ms;
}

ZTEST(microtl_meter, test_sleeps_leave_the_share_that_was_asked_for)
{
	zassert_ok(microtl_train_start(&learner, 1));
	(void)finish();
}

ZTEST(microtl_meter, test_pause_costs_nothing)
{
	int64_t start_ms = k_uptime_get();

	zassert_ok(microtl_train_start(&learner, 1));
	zassert_ok(microtl_train_pause(&learner));
	k_sleep(K_MSEC(PAUSE_MS));
	zassert_ok(microtl_train_resume(&learner));

	uint32_t elapsed_ms = finish();

	zassert_true(k_uptime_get() - start_ms >= elapsed_ms + PAUSE_MS - 2 * WORK_MS);
}

ZTEST_SUITE(microtl_meter, NULL, set_up, NULL, NULL, tear_down);
