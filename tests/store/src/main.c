/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What outlives a reboot, another firmware, damage, and a power cut at any moment. */

#include <errno.h>
#include <string.h>

#include <zephyr/storage/flash_map.h>
#include <zephyr/ztest.h>

#include <microtl/store.h>

#include "board.h"
#include "cuts.h"

/* Heads and labels of this suite, by their CRC. */
static uint32_t factory;
static uint32_t first;
static uint32_t second;

static void flash_wipe(uint8_t id)
{
	const struct flash_area *area;

	zassert_ok(flash_area_open(id, &area));
	zassert_ok(flash_area_erase(area, 0, area->fa_size));
	flash_area_close(area);
}

#define STORE  DT_FIXED_PARTITION_ID(DT_CHOSEN(microtl_store))
#define REPLAY DT_FIXED_PARTITION_ID(DT_CHOSEN(microtl_replay))

static void wipe_all(void)
{
	flash_wipe(STORE);
	flash_wipe(REPLAY);
}

/* Two heads in the store, the second the newest. */
static void store_two(void)
{
	wipe_all();
	board_boot();
	factory = board_head();
	board_learn(1);
	first = board_head();
	zassert_ok(microtl_store_commit(&learner, false));
	board_learn(2);
	second = board_head();
	zassert_ok(microtl_store_commit(&learner, false));
	zassert_true(first != factory && second != first && second != factory);
}

static void expect_newest(uint32_t head, enum microtl_slot_state other)
{
	struct microtl_store_info info;

	zassert_equal(board_head(), head);
	microtl_store_info_get(&learner, &info);
	zassert_ok(info.error);
	zassert_true(info.newest >= 0);
	zassert_equal(info.slot[1 - info.newest].state, other, "%d",
		      info.slot[1 - info.newest].state);
}

ZTEST(microtl_store, test_unformatted_flash_is_an_empty_store)
{
	struct microtl_store_info info;

	wipe_all();
	board_boot();
	microtl_store_info_get(&learner, &info);
	zassert_ok(info.error);
	zassert_ok(info.log_error);
	zassert_equal(info.newest, -ENOENT);
	zassert_equal(microtl_store_load(&learner), -ENOENT);
	zassert_equal(microtl_store_rollback(&learner), -ENOENT);
	zassert_equal(learner.learning.replay.count, 0);
}

ZTEST(microtl_store, test_head_classes_and_labels_outlive_a_reboot)
{
	uint8_t label;

	store_two();

	uint32_t labels = board_labels();

	board_boot();
	expect_newest(second, MICROTL_SLOT_VALID);
	zassert_equal(board_labels(), labels);
	zassert_ok(microtl_learner_class_find(&learner, "9", &label));
}

ZTEST(microtl_store, test_unsaved_head_is_lost)
{
	wipe_all();
	board_boot();
	factory = board_head();
	board_learn(1);
	zassert_true(board_head() != factory);
	board_boot();
	zassert_equal(board_head(), factory);
}

ZTEST(microtl_store, test_rollback_goes_back_one_head)
{
	store_two();
	zassert_ok(microtl_store_rollback(&learner));
	expect_newest(first, MICROTL_SLOT_EMPTY);
	zassert_equal(microtl_store_rollback(&learner), -ENOENT);
	board_boot();
	expect_newest(first, MICROTL_SLOT_EMPTY);
}

ZTEST(microtl_store, test_reset_brings_the_factory_head)
{
	store_two();
	zassert_ok(microtl_learner_reset(&learner));
	zassert_equal(board_head(), factory);
	board_boot();
	zassert_equal(board_head(), factory);
	zassert_equal(microtl_store_load(&learner), -ENOENT);
}

ZTEST(microtl_store, test_forget_wipes_labels_and_keeps_the_head)
{
	store_two();
	zassert_ok(microtl_learner_forget(&learner));
	zassert_equal(learner.learning.replay.count, 0);
	zassert_equal(board_head(), second);
	board_boot();
	zassert_equal(learner.learning.replay.count, 0);
	zassert_equal(board_head(), second);
}

ZTEST(microtl_store, test_commit_writes_once)
{
	struct microtl_learner_stats before;
	struct microtl_learner_stats after;

	store_two();
	microtl_learner_stats_get(&learner, &before);
	zassert_ok(microtl_store_commit(&learner, false));
	microtl_learner_stats_get(&learner, &after);
	zassert_equal(before.flash_writes, after.flash_writes);
}

/* A firmware update with another model, and back. */
ZTEST(microtl_store, test_another_models_slots_are_left_alone)
{
	struct microtl_store_info info;

	store_two();
	board_boot_other_model();
	zassert_equal(board_head(), factory);
	microtl_store_info_get(&learner, &info);
	zassert_equal(info.newest, -ENOENT);
	zassert_equal(info.slot[0].state, MICROTL_SLOT_FOREIGN);
	zassert_equal(info.slot[1].state, MICROTL_SLOT_FOREIGN);
	board_learn(3);
	zassert_equal(microtl_store_commit(&learner, false), -EEXIST);
	board_boot();
	zassert_equal(board_head(), second, "going back lost the head");

	board_boot_other_model();
	board_learn(3);

	uint32_t third = board_head();

	zassert_ok(microtl_store_commit(&learner, true));
	board_boot_other_model();
	zassert_equal(board_head(), third);
	board_boot();
	zassert_equal(board_head(), second, "the newest head of the other model was overwritten");
}

/* An operation that a power cut may interrupt. */
typedef int (*operation)(void);

/* Of another head than the stored one: the factory's will do. */
static int do_save(void)
{
	zassert_ok(microtl_learning_reset(&learner.learning));
	learner.train.unsaved = true;
	return microtl_store_commit(&learner, false);
}

static int do_rollback(void)
{
	return microtl_store_rollback(&learner);
}

static int do_reset(void)
{
	return microtl_learner_reset(&learner);
}

static int do_forget(void)
{
	return microtl_learner_forget(&learner);
}

static int do_label(void)
{
	return board_label(0);
}

/* Flash as it was, so that each cut starts from the same state. */
static uint8_t store_image[DT_REG_SIZE(DT_CHOSEN(microtl_store))];
static uint8_t replay_image[DT_REG_SIZE(DT_CHOSEN(microtl_replay))];

static void copy_flash(uint8_t id, uint8_t *image, bool back)
{
	const struct flash_area *area;

	zassert_ok(flash_area_open(id, &area));
	if (back) {
		zassert_ok(flash_area_erase(area, 0, area->fa_size));
		zassert_ok(flash_area_write(area, 0, image, area->fa_size));
	} else {
		zassert_ok(flash_area_read(area, 0, image, area->fa_size));
	}
	flash_area_close(area);
}

static void copy_all(bool back)
{
	copy_flash(STORE, store_image, back);
	copy_flash(REPLAY, replay_image, back);
}

/* Boots from the image and does the operation with so much power. */
static int run_until_cut(operation operation, uint32_t units)
{
	copy_all(true);
	board_boot();
	cuts_arm(&learner.slots_flash, units);
	cuts_arm(&learner.log_flash, units);
	return operation();
}

/* Old state or new state, whole, after a cut at every so-many-th write block and erase half. */
static void cut_everywhere(const char *name, operation operation)
{
	uint32_t olds = 0;
	uint32_t news = 0;
	uint32_t cut = 0;

	store_two();
	copy_all(false);
	board_boot();

	uint32_t old_head = board_head();
	uint32_t old_labels = board_labels();

	zassert_ok(run_until_cut(operation, CUTS_NEVER));
	board_boot();

	uint32_t new_head = board_head();
	uint32_t new_labels = board_labels();

	for (;; cut += CONFIG_TEST_CUT_STRIDE) {
		int ret = run_until_cut(operation, cut);
		bool finished = !cuts_happened();

		board_boot();

		bool is_old = board_head() == old_head && board_labels() == old_labels;
		bool is_new = board_head() == new_head && board_labels() == new_labels;

		zassert_true(is_old || is_new, "%s, cut at %u: neither old nor new", name, cut);
		zassert_true(ret != 0 || is_new, "%s, cut at %u: said done, but is old", name, cut);
		olds += is_old ? 1 : 0;
		news += is_new ? 1 : 0;
		if (finished) {
			break;
		}
	}
	TC_PRINT("%s: %u cuts of %u units apart, old %u times, new %u times\n", name,
		 cut / CONFIG_TEST_CUT_STRIDE, CONFIG_TEST_CUT_STRIDE, olds, news);
}

ZTEST(microtl_store, test_power_cut_while_saving)
{
	cut_everywhere("save", do_save);
}

ZTEST(microtl_store, test_power_cut_while_rolling_back)
{
	cut_everywhere("rollback", do_rollback);
}

ZTEST(microtl_store, test_power_cut_while_resetting)
{
	cut_everywhere("reset", do_reset);
}

ZTEST(microtl_store, test_power_cut_while_forgetting)
{
	cut_everywhere("forget", do_forget);
}

ZTEST(microtl_store, test_power_cut_while_labelling)
{
	cut_everywhere("label", do_label);
}

ZTEST_SUITE(microtl_store, NULL, NULL, NULL, NULL, NULL);
