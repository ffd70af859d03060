/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Bits that flipped and bytes that cannot be read: found out, and the other slot is used. */

#include <zephyr/random/random.h>
#include <zephyr/ztest.h>

#include <microtl/store.h>

#include "board.h"
#include "flash.h"
#include "samples.h"

#define LOG_HEADER_SIZE 32U

/* Where the store has the header and payload of a slot. */
static uint32_t slot_offset(int slot)
{
	return (uint32_t)slot * learner.slots.slot_size;
}

static uint32_t slot_used(int slot)
{
	return microtl_slots_payload_offset(&learner.slots, slot) - slot_offset(slot) +
	       learner.slots.slot[slot].payload_size;
}

static void expect_other_slot(int damaged, int newest)
{
	struct microtl_store_info info;

	board_boot();
	microtl_store_info_get(&learner, &info);
	zassert_equal(info.slot[damaged].state, MICROTL_SLOT_DAMAGED, "slot %d", damaged);
	zassert_equal(info.slot[1 - damaged].state, MICROTL_SLOT_VALID);
	zassert_equal(info.newest, 1 - damaged);
	zassert_equal(board_head(), damaged == newest ? board_heads.first : board_heads.second);
}

ZTEST(microtl_store, test_damaged_slot_is_left_for_the_other)
{
	uint32_t used[MICROTL_SLOTS_COUNT];
	uint32_t begins[MICROTL_SLOTS_COUNT];

	board_store_two();
	flash_remember();

	int newest = microtl_slots_newest(&learner.slots);

	for (int slot = 0; slot < MICROTL_SLOTS_COUNT; slot++) {
		begins[slot] = slot_offset(slot);
		used[slot] = slot_used(slot);
	}
	for (int i = 0; i < CONFIG_TEST_DAMAGE_COUNT; i++) {
		int slot = i % MICROTL_SLOTS_COUNT;

		flash_restore_with_flip(FLASH_HEADS,
					8U * begins[slot] + sys_rand32_get() % (8U * used[slot]));
		expect_other_slot(slot, newest);
	}
	flash_restore();
	for (int i = 0; i < CONFIG_TEST_DAMAGE_COUNT; i++) {
		int slot = i % MICROTL_SLOTS_COUNT;

		flash_read_fails(FLASH_HEADS, begins[slot] + sys_rand32_get() % used[slot]);
		expect_other_slot(slot, newest);
		flash_read_works();
	}
	board_boot();
	zassert_equal(board_head(), board_heads.second);
	TC_PRINT("%d flipped bits and %d read errors found out\n", CONFIG_TEST_DAMAGE_COUNT,
		 CONFIG_TEST_DAMAGE_COUNT);
}

static void expect_one_record_less(uint16_t count)
{
	struct microtl_store_info info;

	board_boot();
	microtl_store_info_get(&learner, &info);
	zassert_ok(info.log_error);
	zassert_equal(info.log_damaged, 1, "%u", info.log_damaged);
	zassert_within(learner.learning.replay.count, count, 1);
	zassert_equal(board_head(), board_heads.second);
}

ZTEST(microtl_store, test_damaged_label_costs_that_label)
{
	board_store_two();
	flash_remember();

	uint16_t count = learner.learning.replay.count;
	uint32_t labels = board_labels();
	uint32_t size = learner.log.record_size;
	/* The newest records: those of the second head's labels. */
	uint32_t begin = learner.log.area * learner.log.area_size + LOG_HEADER_SIZE +
			 (learner.log.records - SAMPLES_TAUGHT) * size;

	for (int i = 0; i < CONFIG_TEST_DAMAGE_COUNT; i++) {
		flash_restore_with_flip(
			FLASH_LABELS, 8U * begin + sys_rand32_get() % (8U * SAMPLES_TAUGHT * size));
		expect_one_record_less(count);
	}
	flash_restore();
	for (int i = 0; i < CONFIG_TEST_DAMAGE_COUNT; i++) {
		flash_read_fails(FLASH_LABELS, begin + sys_rand32_get() % (SAMPLES_TAUGHT * size));
		expect_one_record_less(count);
		flash_read_works();
	}
	board_boot();
	zassert_equal(board_labels(), labels);
}
