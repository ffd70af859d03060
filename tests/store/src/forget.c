/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What a forget leaves, and what it promises. */

#include <errno.h>

#include <zephyr/ztest.h>

#include <microtl/store.h>

#include "board.h"
#include "flash.h"

ZTEST(microtl_store, test_forget_where_the_log_cannot_be_opened_is_no_success)
{
	struct microtl_store_info info;
	uint32_t labels;
	int ret;

	board_store_two();
	labels = board_labels();
	flash_set_write_block(2 * MICROTL_FLASH_WRITE_BLOCK_MAX);
	board_boot();
	microtl_store_info_get(&learner, &info);
	ret = microtl_learner_forget(&learner);
	flash_set_write_block(0);
	zassert_equal(info.log_error, -ENOTSUP);
	zassert_equal(ret, -ENODEV, "%d", ret);
	zassert_equal(learner.learning.replay.count, 0);
	board_boot();
	zassert_equal(board_labels(), labels, "so they were still there");
	zassert_ok(microtl_learner_forget(&learner));
	board_boot();
	zassert_equal(learner.learning.replay.count, 0);
}

/* The stored head has the class, and only the log said that it was removed. */
ZTEST(microtl_store, test_forget_does_not_bring_a_removed_class_back)
{
	uint8_t label;

	board_store_two();
	zassert_ok(microtl_learner_class_find(&learner, "9", &label));
	zassert_ok(microtl_learner_class_remove(&learner, label));
	zassert_ok(microtl_learner_class_find(&learner, "3", &label));
	zassert_ok(microtl_learner_class_remove(&learner, label));
	zassert_ok(microtl_learner_forget(&learner));
	for (int boots = 0; boots < 2; boots++) {
		board_boot();
		zassert_equal(learner.learning.replay.count, 0);
		zassert_equal(microtl_learner_class_find(&learner, "9", &label), -ENOENT);
		zassert_equal(microtl_learner_class_find(&learner, "3", &label), -ENOENT);
		zassert_ok(microtl_learner_class_find(&learner, "4", &label));
		zassert_ok(microtl_learner_forget(&learner));
	}
	zassert_ok(microtl_store_commit(&learner, false));
	zassert_ok(microtl_learner_forget(&learner));
	board_boot();
	zassert_equal(microtl_learner_class_find(&learner, "9", &label), -ENOENT);
	zassert_ok(microtl_learner_reset(&learner));
	zassert_ok(microtl_learner_class_find(&learner, "3", &label));
	board_boot();
	zassert_ok(microtl_learner_class_find(&learner, "3", &label));
}
