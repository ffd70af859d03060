/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Accepted heads are saved by themselves, at once or when the interval has passed. */

#include <string.h>

#include <zephyr/ztest.h>

#include <microtl/store.h>
#include <microtl/trainer.h>

#include "board.h"
#include "flash.h"
#include "said.h"

#define INTERVAL_MS (CONFIG_MICROTL_STORE_INTERVAL_S * MSEC_PER_SEC)

static bool is_unsaved(void)
{
	struct microtl_train_status status;

	microtl_train_status_get(&learner, &status);
	return status.unsaved;
}

/* As if the last save had been so long ago. */
static void saved_ago(int64_t ms)
{
	learner.saved_ms = k_uptime_get() - ms;
}

static void expect_stored(uint32_t head)
{
	board_boot();
	zassert_equal(board_head(), head);
}

ZTEST(microtl_store_autosave, test_head_is_saved_at_once)
{
	flash_wipe();
	board_boot();
	board_learn(1);
	zassert_false(is_unsaved());
	expect_stored(board_head());
}

ZTEST(microtl_store_autosave, test_head_within_the_interval_is_saved_after_it)
{
	flash_wipe();
	board_boot();
	board_learn(1);
	/* So much more than the interval is left, however slow the board learns. */
	saved_ago(-5000);

	int64_t due = learner.saved_ms + INTERVAL_MS;

	board_learn(2);

	uint32_t head = board_head();

	zassert_true(is_unsaved());
	while (is_unsaved() && k_uptime_get() < due + 60 * MSEC_PER_SEC) {
		k_sleep(K_MSEC(100));
	}
	zassert_false(is_unsaved(), "it was forgotten");
	zassert_true(learner.saved_ms >= due, "%lld ms too early", due - learner.saved_ms);
	expect_stored(head);
}

ZTEST(microtl_store_autosave, test_head_that_cannot_be_saved_is_told)
{
	struct microtl_model_id other = *board_model;

	flash_wipe();
	board_boot();
	board_learn(1);
	saved_ago(INTERVAL_MS);
	board_learn(2);
	other.backbone++;
	board_boot_model(&other);
	said_clear();
	board_learn(3);
	zassert_not_null(strstr(said(), "not saved by itself"), "said: %s", said());
	zassert_true(is_unsaved());
	/* It is told once, not over and over. */
	said_clear();
	k_sleep(K_MSEC(INTERVAL_MS));
	zassert_equal(said()[0], '\0', "said: %s", said());

	board_boot_model(&other);
	zassert_ok(microtl_store_commit(&learner, true), "nothing to store, only told to");
	board_learn(3);
	zassert_false(is_unsaved(), "it may take another model's place now");
}

ZTEST_SUITE(microtl_store_autosave, NULL, NULL, NULL, NULL, NULL);
