/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What outlives a reboot and another firmware. */

#include <errno.h>
#include <string.h>

#include <zephyr/ztest.h>

#include <microtl/store.h>
#include <microtl/trainer.h>

#include "board.h"
#include "cuts.h"
#include "flash.h"
#include "learner_priv.h"
#include "said.h"
#include "samples.h"

/* A head that runs in place is saved before it goes live. */
#define IN_PLACE (!IS_ENABLED(CONFIG_MICROTL_HEAD_ACTIVE_IN_RAM))

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

	flash_wipe();
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

	board_store_two();

	uint32_t labels = board_labels();

	board_boot();
	expect_newest(board_heads.second, MICROTL_SLOT_VALID);
	zassert_equal(board_labels(), labels);
	zassert_ok(microtl_learner_class_find(&learner, "9", &label));
}

static void label_as(uint8_t label, int count)
{
	struct microtl_inference result;

	for (int i = 0; i < count; i++) {
		zassert_ok(microtl_learner_infer(&learner, samples_taught[i], NULL, &result,
						 K_FOREVER));
		zassert_ok(microtl_learner_label(&learner, result.token, label, (uint16_t)i));
	}
}

/* Teaches another class in the factory's row 3, which it may have had before. */
static void reuse_row(const char *name, int count)
{
	uint8_t label;

	zassert_ok(microtl_learner_class_remove(&learner, 3));
	zassert_ok(microtl_learner_class_add(&learner, name, &label));
	zassert_equal(label, 3);
	label_as(label, count);
}

static void expect_row(const char *name, uint16_t count)
{
	struct microtl_class_info info;

	zassert_ok(microtl_learner_class_get(&learner, 3, &info));
	zassert_str_equal(info.name.text, name);
	zassert_equal(info.trained_on + info.held_out, count, "%u + %u", info.trained_on,
		      info.held_out);
}

static void expect_same_row_after_boot(const char *name, uint16_t count)
{
	expect_row(name, count);
	board_boot();
	expect_row(name, count);
}

ZTEST(microtl_store, test_loaded_class_keeps_its_row)
{
	flash_wipe();
	board_boot();
	reuse_row("wave", 5);
	zassert_ok(microtl_store_commit(&learner, false));
	reuse_row("jump", 3);
	zassert_ok(microtl_store_load(&learner));
	expect_same_row_after_boot("wave", 0);
	label_as(3, 4);
	expect_same_row_after_boot("wave", 4);
}

ZTEST(microtl_store, test_rolled_back_class_keeps_its_row)
{
	flash_wipe();
	board_boot();
	reuse_row("wave", 5);
	zassert_ok(microtl_store_commit(&learner, false));
	reuse_row("jump", 3);
	zassert_ok(microtl_store_commit(&learner, false));
	zassert_ok(microtl_store_rollback(&learner));
	label_as(3, 4);
	expect_same_row_after_boot("wave", 4);
}

/* The older head is live, but the newest could not be erased: the next boot loads that one. */
ZTEST(microtl_store, test_half_rolled_back_class_keeps_its_labels)
{
	flash_wipe();
	board_boot();
	reuse_row("wave", 5);
	zassert_ok(microtl_store_commit(&learner, false));
	reuse_row("jump", 3);
	zassert_ok(microtl_store_commit(&learner, false));
	cuts_arm(&learner.slots_flash, 0);
	zassert_equal(microtl_store_rollback(&learner), -EIO);
	label_as(3, 4);
	expect_same_row_after_boot("wave", 4);
}

ZTEST(microtl_store, test_reset_class_keeps_its_row)
{
	flash_wipe();
	board_boot();
	reuse_row("wave", 5);
	zassert_ok(microtl_learner_reset(&learner));
	label_as(3, 2);
	expect_same_row_after_boot("3", 2);
}

ZTEST(microtl_store, test_unsaved_head_is_lost)
{
	flash_wipe();
	board_boot();
	board_heads.factory = board_head();
	board_learn(1);

	uint32_t learned = board_head();

	zassert_true(learned != board_heads.factory);
	board_boot();
	zassert_equal(board_head(), IN_PLACE ? learned : board_heads.factory);
}

ZTEST(microtl_store, test_rollback_goes_back_one_head)
{
	board_store_two();
	zassert_ok(microtl_store_rollback(&learner));
	expect_newest(board_heads.first, MICROTL_SLOT_EMPTY);
	zassert_equal(microtl_store_rollback(&learner), -ENOENT);
	board_boot();
	expect_newest(board_heads.first, MICROTL_SLOT_EMPTY);
}

ZTEST(microtl_store, test_reset_brings_the_factory_head)
{
	board_store_two();
	zassert_ok(microtl_learner_reset(&learner));
	zassert_equal(board_head(), board_heads.factory);
	board_boot();
	zassert_equal(board_head(), board_heads.factory);
	zassert_equal(microtl_store_load(&learner), -ENOENT);
}

ZTEST(microtl_store, test_forget_wipes_labels_and_keeps_the_head)
{
	board_store_two();
	zassert_ok(microtl_learner_forget(&learner));
	zassert_equal(learner.learning.replay.count, 0);
	zassert_equal(board_head(), board_heads.second);
	board_boot();
	zassert_equal(learner.learning.replay.count, 0);
	zassert_equal(board_head(), board_heads.second);
}

ZTEST(microtl_store, test_commit_writes_once)
{
	struct microtl_learner_stats before;
	struct microtl_learner_stats after;

	board_store_two();
	microtl_learner_stats_get(&learner, &before);
	zassert_ok(microtl_store_commit(&learner, false));
	microtl_learner_stats_get(&learner, &after);
	zassert_equal(before.flash_writes, after.flash_writes);
}

static bool is_unsaved(void)
{
	struct microtl_train_status status;

	microtl_train_status_get(&learner, &status);
	return status.unsaved;
}

/* The log says that the class is gone, the stored head that it is there. */
ZTEST(microtl_store, test_class_removed_before_a_boot_is_still_to_be_saved)
{
	uint8_t label;

	board_store_two();
	board_boot();
	zassert_false(is_unsaved());
	zassert_ok(microtl_learner_class_find(&learner, "9", &label));
	zassert_ok(microtl_learner_class_remove(&learner, label));
	board_boot();
	zassert_equal(microtl_learner_class_find(&learner, "9", &label), -ENOENT);
	zassert_true(is_unsaved());
	zassert_ok(microtl_store_commit(&learner, false));
	zassert_false(is_unsaved());
	zassert_ok(microtl_learner_forget(&learner));
	board_boot();
	zassert_false(is_unsaved());
	zassert_equal(microtl_learner_class_find(&learner, "9", &label), -ENOENT);
}

/* A class that goes before a head knows it changes no parameter, but the head is saved anew. */
static void save_again(void)
{
	uint8_t label;

	zassert_ok(microtl_learner_class_add(&learner, "passing", &label));
	zassert_ok(microtl_learner_class_remove(&learner, label));
	zassert_ok(microtl_store_commit(&learner, false));
	zassert_true(board_head_is_safe());
}

ZTEST(microtl_store, test_saves_never_touch_the_head_that_is_live)
{
	uint8_t label;

	board_store_two();
	zassert_ok(microtl_learner_class_find(&learner, "9", &label));
	zassert_ok(microtl_learner_class_remove(&learner, label));
	zassert_ok(microtl_store_commit(&learner, false));
	zassert_true(board_head_is_safe());

	uint32_t head = board_head();

	for (int i = 0; i < 2 * MICROTL_SLOTS_COUNT; i++) {
		save_again();
		zassert_equal(board_head(), head, "save %d", i);
	}
	board_boot();
	expect_newest(head, MICROTL_SLOT_VALID);
	save_again();
	board_learn(3);
	zassert_true(board_head_is_safe());
	zassert_ok(microtl_store_commit(&learner, false));
	head = board_head();
	board_boot();
	expect_newest(head, MICROTL_SLOT_VALID);
}

#ifndef CONFIG_MICROTL_HEAD_ACTIVE_IN_RAM
ZTEST(microtl_store, test_save_over_the_live_head_is_refused)
{
	int newest;

	board_store_two();
	newest = microtl_slots_newest(&learner.slots);
	/* As a roll-back leaves it that cannot read the older head a second time. */
	microtl_learning_moved(&learner.learning, microtl_priv_store_params(&learner, 1 - newest));
	learner.train.unsaved = true;
	zassert_equal(microtl_store_commit(&learner, false), -EBUSY);
	expect_newest(board_heads.first, MICROTL_SLOT_VALID);
	zassert_ok(microtl_store_load(&learner));
	expect_newest(board_heads.second, MICROTL_SLOT_VALID);
}
#endif

static void expect_no_store(int error, const char *heads, const char *labels)
{
	struct microtl_store_info info;

	said_clear();
	board_boot();
	TC_PRINT("%s", said());
	microtl_store_info_get(&learner, &info);
	zassert_equal(info.error, error, "%d", info.error);
	zassert_equal(info.log_error, error, "%d", info.log_error);
	zassert_not_null(strstr(said(), heads), "said: %s", said());
	zassert_not_null(strstr(said(), labels), "said: %s", said());
	zassert_equal(microtl_store_commit(&learner, false), -ENODEV);
}

/* What devicetree can get wrong is told with the figures that mend it. */
ZTEST(microtl_store, test_partitions_that_do_not_serve_are_told)
{
	const uint32_t page = DT_PROP(DT_GPARENT(DT_CHOSEN(microtl_store)), erase_block_size);
	char heads[64];
	char labels[64];

	board_store_two();
	flash_set_partitions(0, page);
	snprintk(heads, sizeof(heads), "microtl,store has %u bytes, 0 of them", page);
	snprintk(labels, sizeof(labels), "microtl,replay has %u bytes, 0 of them", page);
	expect_no_store(-ENOSPC, heads, labels);

	flash_set_partitions(page / 2U, page * 2U);
	snprintk(heads, sizeof(heads), "0x%x has to begin with an erase page",
		 (uint32_t)(DT_REG_ADDR(DT_CHOSEN(microtl_store)) + page / 2U));
	snprintk(labels, sizeof(labels), "0x%x has to begin with an erase page",
		 (uint32_t)(DT_REG_ADDR(DT_CHOSEN(microtl_replay)) + page / 2U));
	expect_no_store(-ENOTSUP, heads, labels);

	flash_set_partitions(0, 0);
	flash_set_write_block(2U * MICROTL_FLASH_WRITE_BLOCK_MAX);
	expect_no_store(-ENOTSUP, "write blocks of 64 bytes, at most 32", "write blocks of 64");
	flash_set_write_block(flash_real_write_block());
	board_boot();
	expect_newest(board_heads.second, MICROTL_SLOT_VALID);
}

/* A firmware update with another model, and back: all is found again. */
static void update_and_go_back(const struct microtl_model_id *other, const char *difference)
{
	struct microtl_store_info info;
	uint32_t labels = board_labels();
	uint8_t label;

	said_clear();
	board_boot_model(other);
	zassert_equal(board_head(), board_heads.factory);
	microtl_store_info_get(&learner, &info);
	zassert_equal(info.newest, -ENOENT);
	for (int slot = 0; slot < MICROTL_SLOTS_COUNT; slot++) {
		char expected[80];

		zassert_equal(info.slot[slot].state, MICROTL_SLOT_FOREIGN);
		snprintk(expected, sizeof(expected),
			 "slot %d is of another model (%s differs): left alone", slot, difference);
		zassert_not_null(strstr(said(), expected), "said: %s", said());
	}
	TC_PRINT("%s", said());
	zassert_equal(microtl_store_commit(&learner, false), 0, "nothing to store yet");
	zassert_equal(board_train(3), IN_PLACE ? -EEXIST : 0);
	zassert_equal(microtl_store_commit(&learner, false), IN_PLACE ? 0 : -EEXIST);

	said_clear();
	board_boot();
	zassert_equal(said()[0], '\0', "said: %s", said());
	expect_newest(board_heads.second, MICROTL_SLOT_VALID);
	zassert_ok(microtl_learner_class_find(&learner, "9", &label));
	zassert_equal(board_labels(), labels, "going back lost labels");
}

ZTEST(microtl_store, test_another_models_slots_are_left_alone)
{
	struct microtl_model_id other[] = {*board_model, *board_model, *board_model};

	board_store_two();
	other[0].backbone++;
	update_and_go_back(&other[0], "backbone");
	other[1].preprocess++;
	update_and_go_back(&other[1], "pre-processing");
	other[2].feature++;
	update_and_go_back(&other[2], "features");
}

/* Not where a slot is one page: the next one is the other slot. */
#if DT_REG_SIZE(DT_CHOSEN(microtl_store)) >                                                        \
	2 * DT_PROP(DT_GPARENT(DT_CHOSEN(microtl_store)), erase_block_size)
ZTEST(microtl_store, test_head_of_another_division_is_told)
{
	uint32_t page;
	int newest;

	board_store_two();
	newest = microtl_slots_newest(&learner.slots);
	page = learner.slots_area.page_size;
	flash_remember();
	flash_restore_with_copy(FLASH_HEADS, (uint32_t)newest * learner.slots.slot_size,
				(uint32_t)(1 - newest) * learner.slots.slot_size + page, page);
	said_clear();
	board_boot();
	TC_PRINT("%s", said());
	zassert_not_null(strstr(said(), "of microtl,store is not found"), "said: %s", said());
	expect_newest(board_heads.second, MICROTL_SLOT_DAMAGED);
}
#endif

/* The labels fit another head on the same features: they are kept, its own are added. */
ZTEST(microtl_store, test_another_head_keeps_the_labels)
{
	struct microtl_model_id other = *board_model;

	board_store_two();

	uint32_t labels = board_labels();

	other.head++;
	said_clear();
	board_boot_model(&other);
	zassert_not_null(strstr(said(), "(head differs): left alone"), "said: %s", said());
	zassert_equal(board_head(), board_heads.factory);
	zassert_equal(board_labels(), labels);
	board_boot();
	expect_newest(board_heads.second, MICROTL_SLOT_VALID);
}

ZTEST(microtl_store, test_two_models_share_the_slots_where_told_to)
{
	struct microtl_model_id other = *board_model;

	board_store_two();
	other.backbone++;
	board_boot_model(&other);
	if (IN_PLACE) {
		zassert_equal(board_train(3), -EEXIST);
		zassert_equal(board_head(), board_heads.factory);
		zassert_ok(microtl_store_commit(&learner, true), "nothing to store, only told to");
	}
	board_learn(3);

	uint32_t third = board_head();

	zassert_ok(microtl_store_commit(&learner, true));
	board_boot_model(&other);
	zassert_equal(board_head(), third);
	board_boot();
	zassert_equal(board_head(), board_heads.second,
		      "the newest head of the other model was overwritten");
}

ZTEST_SUITE(microtl_store, NULL, NULL, NULL, NULL, NULL);
