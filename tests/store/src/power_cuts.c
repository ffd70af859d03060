/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A power cut at any moment leaves the old state or the new one, whole, for every write block. */

#include <zephyr/ztest.h>

#include <microtl/store.h>

#include "board.h"
#include "cuts.h"
#include "flash.h"

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

/* Boots from what was remembered and does the operation with so much power. */
static int run_until_cut(operation operation, uint32_t units)
{
	flash_restore();
	board_boot();
	cuts_arm(&learner.slots_flash, units);
	cuts_arm(&learner.log_flash, units);
	return operation();
}

/** What the boots after the cuts found. */
struct tally {
	uint32_t cuts;
	uint32_t olds;
	uint32_t news;
};

/* Old state or new state, whole, after a cut at every so-many-th write block and erase half. */
static void cut_everywhere(const char *name, operation operation, struct tally *tally)
{
	board_store_two();
	flash_remember();
	board_boot();

	uint32_t old_head = board_head();
	uint32_t old_labels = board_labels();

	zassert_ok(run_until_cut(operation, CUTS_NEVER));
	board_boot();

	uint32_t new_head = board_head();
	uint32_t new_labels = board_labels();
	bool finished = false;

	for (uint32_t cut = 0; !finished; cut += CONFIG_TEST_CUT_STRIDE) {
		int ret = run_until_cut(operation, cut);

		finished = !cuts_happened();
		board_boot();

		bool is_old = board_head() == old_head && board_labels() == old_labels;
		bool is_new = board_head() == new_head && board_labels() == new_labels;

		zassert_true(is_old || is_new, "%s, cut at %u: neither old nor new", name, cut);
		zassert_true(ret != 0 || is_new, "%s, cut at %u: said done, but is old", name, cut);
		tally->cuts += finished ? 0 : 1;
		tally->olds += is_old ? 1 : 0;
		tally->news += is_new ? 1 : 0;
	}
}

/* With the driver's write block and larger ones. */
static void cut_with_all_blocks(const char *name, operation operation)
{
	static const uint8_t blocks[] = {1, 4, 8, 16, 32};
	uint32_t cuts = 0;

	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		struct tally tally = {0};

		if (blocks[i] < flash_real_write_block() ||
		    blocks[i] > MAX(CONFIG_TEST_WRITE_BLOCK_MAX, flash_real_write_block())) {
			continue;
		}
		flash_set_write_block(blocks[i]);
		cut_everywhere(name, operation, &tally);
		TC_PRINT("%s, write block %u: %u power cuts, then the old state %u times, the new "
			 "one %u times\n",
			 name, blocks[i], tally.cuts, tally.olds, tally.news);
		cuts += tally.cuts;
	}
	flash_set_write_block(flash_real_write_block());
	zassert_true(cuts > 0);
}

ZTEST(microtl_store, test_power_cut_while_saving)
{
	cut_with_all_blocks("save", do_save);
}

ZTEST(microtl_store, test_power_cut_while_rolling_back)
{
	cut_with_all_blocks("rollback", do_rollback);
}

ZTEST(microtl_store, test_power_cut_while_resetting)
{
	cut_with_all_blocks("reset", do_reset);
}

ZTEST(microtl_store, test_power_cut_while_forgetting)
{
	cut_with_all_blocks("forget", do_forget);
}

ZTEST(microtl_store, test_power_cut_while_labelling)
{
	cut_with_all_blocks("label", do_label);
}
