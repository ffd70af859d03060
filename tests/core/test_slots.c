/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The A/B slots: what a boot finds after a save, a rollback or a reset, whole or cut short. */

#include <errno.h>
#include <string.h>

#include <microtl/slots.h>

#include "check.h"
#include "flash_sim.h"

#define PAGE         256U
#define SLOT_SIZE    1024U
#define PAYLOAD_SIZE 301U
/* What a boot finds where the factory head counts. */
#define FACTORY      0

static const struct microtl_model_id own = {1, 2, 3, 4};
static const struct microtl_model_id foreign = {1, 2, 9, 4};

static struct flash_sim sim;

static void boot(struct microtl_slots *slots, const struct microtl_model_id *id)
{
	flash_sim_power_on(&sim);
	CHECK_INT(microtl_slots_init(slots, &sim.flash, SLOT_SIZE, id), 0);
}

/* A payload that tells which head it stands for, 1..255. */
static void fill(uint8_t *payload, int head)
{
	for (uint32_t i = 0; i < PAYLOAD_SIZE; i++) {
		payload[i] = (uint8_t)(head * 31 + (int)i * 7);
	}
	payload[0] = (uint8_t)head;
}

static int save_as(struct microtl_slots *slots, int head, bool overwrite)
{
	uint8_t payload[PAYLOAD_SIZE];
	uint32_t piece = 1;

	fill(payload, head);
	int ret = microtl_slots_save_begin(slots, overwrite);
	for (uint32_t at = 0; ret >= 0 && at < PAYLOAD_SIZE; at += piece, piece = piece * 3 % 50) {
		uint32_t left = PAYLOAD_SIZE - at;

		piece = piece < left ? piece : left;
		ret = microtl_slots_save_write(payload + at, piece, slots);
	}
	return ret < 0 ? ret : microtl_slots_save_end(slots);
}

/* The head that counts: its number, or FACTORY. Ends the program where a head is not whole. */
static int head_of(const struct microtl_slots *slots)
{
	uint8_t expected[PAYLOAD_SIZE];
	uint8_t payload[PAYLOAD_SIZE];
	int newest = microtl_slots_newest(slots);

	if (newest < 0) {
		CHECK_INT(newest, -ENOENT);
		return FACTORY;
	}
	CHECK_INT(slots->slot[newest].payload_size, PAYLOAD_SIZE);
	CHECK_INT(microtl_slots_read(slots, newest, 0, payload, PAYLOAD_SIZE), 0);
	fill(expected, payload[0]);
	CHECK(memcmp(payload, expected, PAYLOAD_SIZE) == 0);
	return payload[0];
}

static int booted_head(void)
{
	struct microtl_slots slots;

	boot(&slots, &own);
	return head_of(&slots);
}

static void start_flash(uint8_t write_block)
{
	flash_sim_init(&sim, 2 * SLOT_SIZE, PAGE, write_block, 0xFF);
}

static void test_empty_flash_is_factory(void)
{
	struct microtl_slots slots;

	start_flash(4);
	boot(&slots, &own);
	CHECK_INT(slots.slot[0].state, MICROTL_SLOT_EMPTY);
	CHECK_INT(slots.slot[1].state, MICROTL_SLOT_EMPTY);
	CHECK_INT(head_of(&slots), FACTORY);
	CHECK_INT(microtl_slots_rollback(&slots), -ENOENT);
	CHECK_INT(microtl_slots_reset(&slots), 0);
	CHECK_INT(sim.ticks, 0);
	CHECK_INT(microtl_slots_save_end(&slots), -EINVAL);
	CHECK_INT(microtl_slots_save_write("x", 1, &slots), -EINVAL);
	CHECK_INT(microtl_slots_read(&slots, 0, 0, &slots, 1), -ENOENT);
}

static void test_geometry_is_checked(void)
{
	struct microtl_slots slots;

	start_flash(4);
	struct microtl_flash flash = sim.flash;
	CHECK_INT(microtl_slots_init(&slots, &flash, SLOT_SIZE + 1, &own), -EINVAL);
	CHECK_INT(microtl_slots_init(&slots, &flash, 2 * SLOT_SIZE, &own), -EINVAL);
	CHECK_INT(microtl_slots_init(&slots, &flash, 0, &own), -EINVAL);
	flash.write_block = 3;
	CHECK_INT(microtl_slots_init(&slots, &flash, SLOT_SIZE, &own), -EINVAL);
	flash.write_block = 64;
	CHECK_INT(microtl_slots_init(&slots, &flash, SLOT_SIZE, &own), -EINVAL);
	flash.write_block = 4;
	flash.page_size = 0;
	CHECK_INT(microtl_slots_init(&slots, &flash, SLOT_SIZE, &own), -EINVAL);
}

static void test_saves_alternate(void)
{
	struct microtl_slots slots;

	for (int erase_value = 0; erase_value < 256; erase_value += 255) {
		flash_sim_init(&sim, 2 * SLOT_SIZE, PAGE, 8, (uint8_t)erase_value);
		boot(&slots, &own);
		for (int head = 1; head <= 20; head++) {
			CHECK_INT(save_as(&slots, head, false), 0);
			CHECK_INT(head_of(&slots), head);
			CHECK_INT(microtl_slots_newest(&slots), (head + 1) % 2);
			CHECK_INT(booted_head(), head);
			CHECK_INT(microtl_slots_verify(&slots, (head + 1) % 2), 0);
		}
		boot(&slots, &own);
		CHECK_INT(slots.slot[0].erase_count, 10);
		CHECK_INT(slots.slot[1].erase_count, 10);
		CHECK_INT(slots.slot[1].sequence, 20);
	}
}

/* As firmware finds them that divides the flash otherwise. */
static void test_headers_are_found_anywhere(void)
{
	struct microtl_slots slots;

	flash_sim_init(&sim, 2 * SLOT_SIZE, PAGE, 8, 0xFF);
	boot(&slots, &own);
	CHECK(!microtl_slots_header_at(&sim.flash, 0));
	CHECK_INT(save_as(&slots, 1, false), 0);
	CHECK_INT(save_as(&slots, 2, false), 0);
	for (uint32_t at = 0; at < 2 * SLOT_SIZE; at += PAGE) {
		CHECK_INT(microtl_slots_header_at(&sim.flash, at), at % SLOT_SIZE == 0);
	}
}

static void test_payload_is_aligned_and_limited(void)
{
	static uint8_t big[SLOT_SIZE];
	struct microtl_slots slots;

	for (uint8_t block = 1; block <= 32; block = (uint8_t)(block * 2)) {
		start_flash(block);
		boot(&slots, &own);
		uint32_t offset = microtl_slots_payload_offset(&slots, 1) - SLOT_SIZE;
		CHECK_INT(offset, MICROTL_SLOTS_PAYLOAD_OFFSET(block));
		CHECK_INT(offset % 4, 0);
		CHECK_INT(offset % block, 0);

		CHECK_INT(save_as(&slots, 1, false), 0);
		CHECK(microtl_slots_save_begin(&slots, false) >= 0);
		CHECK_INT(microtl_slots_save_write(big, SLOT_SIZE - offset, &slots), 0);
		CHECK_INT(microtl_slots_save_write(big, 1, &slots), -ENOSPC);
		CHECK_INT(microtl_slots_save_end(&slots), -EINVAL);
		CHECK_INT(head_of(&slots), 1);
		CHECK(microtl_slots_save_begin(&slots, false) >= 0);
		CHECK_INT(microtl_slots_save_write(big, SLOT_SIZE - offset, &slots), 0);
		CHECK_INT(microtl_slots_save_end(&slots), 0);
		CHECK(MICROTL_SLOTS_SLOT_SIZE(SLOT_SIZE - offset - block, block, PAGE) ==
		      SLOT_SIZE);
	}
}

static void test_rollback_goes_back_once(void)
{
	struct microtl_slots slots;

	start_flash(4);
	boot(&slots, &own);
	CHECK_INT(save_as(&slots, 1, false), 0);
	CHECK_INT(microtl_slots_rollback(&slots), -ENOENT);
	CHECK_INT(save_as(&slots, 2, false), 0);
	CHECK_INT(microtl_slots_rollback(&slots), 0);
	CHECK_INT(head_of(&slots), 1);
	CHECK_INT(booted_head(), 1);
	CHECK_INT(microtl_slots_rollback(&slots), -ENOENT);
	CHECK_INT(save_as(&slots, 3, false), 0);
	CHECK_INT(booted_head(), 3);

	/* An older head that is damaged is nothing to go back to: nothing is erased. */
	sim.bytes[microtl_slots_payload_offset(&slots, 1 - microtl_slots_newest(&slots))] ^= 1;
	CHECK_INT(microtl_slots_rollback(&slots), -ENOENT);
	CHECK_INT(booted_head(), 3);
}

static void test_reset_keeps_erase_counts(void)
{
	struct microtl_slots slots;

	start_flash(4);
	boot(&slots, &own);
	for (int head = 1; head <= 4; head++) {
		CHECK_INT(save_as(&slots, head, false), 0);
	}
	CHECK_INT(microtl_slots_reset(&slots), 0);
	CHECK_INT(head_of(&slots), FACTORY);
	CHECK_INT(microtl_slots_rollback(&slots), -ENOENT);
	boot(&slots, &own);
	CHECK_INT(head_of(&slots), FACTORY);
	CHECK_INT(slots.slot[0].erase_count + slots.slot[1].erase_count, 6);
	CHECK_INT(save_as(&slots, 5, false), 0);
	CHECK_INT(booted_head(), 5);
	boot(&slots, &own);
	CHECK_INT(microtl_slots_rollback(&slots), -ENOENT);
	CHECK_INT(head_of(&slots), 5);
}

static void test_foreign_slot_survives(void)
{
	struct microtl_slots slots;

	start_flash(4);
	boot(&slots, &foreign);
	CHECK_INT(save_as(&slots, 9, false), 0);

	/* Another firmware: reports it, leaves it, uses the free slot. */
	boot(&slots, &own);
	CHECK_INT(slots.slot[0].state, MICROTL_SLOT_FOREIGN);
	CHECK_INT(slots.slot[0].id.feature, 9);
	CHECK_INT(head_of(&slots), FACTORY);
	CHECK_INT(microtl_slots_reset(&slots), 0);
	CHECK_INT(save_as(&slots, 1, false), 0);
	CHECK_INT(save_as(&slots, 2, false), -EEXIST);
	CHECK_INT(microtl_slots_rollback(&slots), -ENOENT);
	CHECK_INT(head_of(&slots), 1);
	CHECK_INT(microtl_slots_reset(&slots), 0);
	CHECK_INT(head_of(&slots), FACTORY);
	CHECK_INT(save_as(&slots, 1, false), -EEXIST);

	/* Back to the old firmware: its head is found again. */
	boot(&slots, &foreign);
	CHECK_INT(head_of(&slots), 9);

	boot(&slots, &own);
	CHECK_INT(save_as(&slots, 3, true), 0);
	CHECK_INT(head_of(&slots), 3);
	CHECK_INT(save_as(&slots, 4, true), 0);
	CHECK_INT(booted_head(), 4);
}

static void test_newer_format_survives(void)
{
	struct microtl_slots slots;

	start_flash(1);
	boot(&slots, &own);
	CHECK_INT(save_as(&slots, 1, false), 0);
	/* Format 2, with its CRC. */
	sim.bytes[4] = 2;
	uint32_t crc = 0xFFFFFFFFU;
	for (int i = 0; i < 44; i++) {
		crc ^= sim.bytes[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = (crc >> 1) ^ ((crc & 1U) != 0U ? 0xEDB88320U : 0U);
		}
	}
	crc = ~crc;
	memcpy(sim.bytes + 44, &crc, 4);
	boot(&slots, &own);
	CHECK_INT(slots.slot[0].state, MICROTL_SLOT_NEWER);
	CHECK_INT(head_of(&slots), FACTORY);
	CHECK_INT(save_as(&slots, 2, false), 0);
	CHECK_INT(save_as(&slots, 3, false), -EEXIST);
	CHECK_INT(booted_head(), 2);
}

static void test_read_errors_are_damage(void)
{
	struct microtl_slots slots;

	start_flash(8);
	boot(&slots, &own);
	CHECK_INT(save_as(&slots, 1, false), 0);
	CHECK_INT(save_as(&slots, 2, false), 0);
	for (uint32_t offset = 0; offset < 48 + PAYLOAD_SIZE; offset++) {
		sim.bad_size = 1;
		sim.bad_offset = SLOT_SIZE + offset;
		CHECK_INT(booted_head(), 1);
		sim.bad_offset = offset;
		CHECK_INT(booted_head(), 2);
	}
	sim.bad_offset = 0;
	sim.bad_size = 2 * SLOT_SIZE;
	CHECK_INT(booted_head(), FACTORY);
	boot(&slots, &own);
	CHECK_INT(save_as(&slots, 3, false), -EIO);
	sim.bad_size = 0;
	CHECK_INT(booted_head() != 3, 1);
	printf("   %u read errors in slots\n", 2U * (48U + PAYLOAD_SIZE));
}

/* A block that was not programmed as asked: the save fails, the old head stays. */
static void test_what_was_written_is_read_back(void)
{
	struct microtl_slots slots;
	bool complete = false;

	for (uint32_t at = 0; !complete; at++) {
		start_flash(16);
		boot(&slots, &own);
		CHECK_INT(save_as(&slots, 1, false), 0);
		flash_sim_power_on(&sim);
		sim.corrupt_at = at;
		int ret = save_as(&slots, 2, false);

		complete = sim.ticks <= at;
		/* The pages come first: an erase has nothing to flip. */
		bool erased = at < SLOT_SIZE / PAGE;
		CHECK_INT(ret, complete || erased ? 0 : -EIO);
		CHECK_INT(head_of(&slots), complete || erased ? 2 : 1);
		CHECK_INT(booted_head(), complete || erased ? 2 : 1);
		CHECK_INT(save_as(&slots, 3, false), 0);
	}
}

static void test_bit_flips_are_damage(void)
{
	struct microtl_slots slots;

	start_flash(4);
	boot(&slots, &own);
	CHECK_INT(save_as(&slots, 1, false), 0);
	CHECK_INT(save_as(&slots, 2, false), 0);
	for (uint32_t bit = 0; bit < 8 * (48 + PAYLOAD_SIZE); bit++) {
		flash_sim_flip_bit(&sim, 8 * SLOT_SIZE + bit);
		CHECK_INT(booted_head(), 1);
		flash_sim_flip_bit(&sim, 8 * SLOT_SIZE + bit);
		flash_sim_flip_bit(&sim, bit);
		CHECK_INT(booted_head(), 2);
		flash_sim_flip_bit(&sim, bit);
	}
	int flips = is_long() ? 100000 : 2000;
	static struct flash_sim whole;
	whole = sim;
	for (int i = 0; i < flips; i++) {
		for (int k = 0; k <= i % 5; k++) {
			uint32_t bit = test_random() % (8 * (48 + PAYLOAD_SIZE));

			flash_sim_flip_bit(&sim, 8 * SLOT_SIZE + bit);
		}
		int head = booted_head();
		CHECK(head == 1 ||
		      (head == 2 && memcmp(sim.bytes, whole.bytes, sizeof(sim.bytes)) == 0));
		sim = whole;
	}
	printf("   %u single bit flips in slots, %d random ones of up to 5 bits\n",
	       16U * (48U + PAYLOAD_SIZE), flips);
}

/* The operations whose power is cut. */
static int do_save(struct microtl_slots *slots)
{
	return save_as(slots, 200, false);
}

static int do_overwrite(struct microtl_slots *slots)
{
	return save_as(slots, 200, true);
}

struct scenario {
	const char *name;
	/* Heads saved before, and whether the last was rolled back or all reset. */
	int heads;
	bool rolled_back;
	bool was_reset;
	bool foreign_first;
	int (*operation)(struct microtl_slots *slots);
};

static const struct scenario scenarios[] = {
	{"first save", 0, false, false, false, do_save},
	{"second save", 1, false, false, false, do_save},
	{"third save", 2, false, false, false, do_save},
	{"save after rollback", 3, true, false, false, do_save},
	{"save after reset", 2, false, true, false, do_save},
	{"save beside another model", 0, false, false, true, do_save},
	{"save over another model", 1, false, false, true, do_overwrite},
	{"rollback", 2, false, false, false, microtl_slots_rollback},
	{"rollback of the third", 3, false, false, false, microtl_slots_rollback},
	{"reset of one", 1, false, false, false, microtl_slots_reset},
	{"reset of two", 2, false, false, false, microtl_slots_reset},
	{"reset after rollback", 2, true, false, false, microtl_slots_reset},
	{"reset beside another model", 1, false, false, true, microtl_slots_reset},
};

static void prepare(const struct scenario *scenario, uint8_t write_block)
{
	struct microtl_slots slots;

	start_flash(write_block);
	if (scenario->foreign_first) {
		boot(&slots, &foreign);
		CHECK_INT(save_as(&slots, 99, false), 0);
	}
	boot(&slots, &own);
	for (int head = 1; head <= scenario->heads; head++) {
		CHECK_INT(save_as(&slots, head, false), 0);
	}
	if (scenario->rolled_back) {
		CHECK_INT(microtl_slots_rollback(&slots), 0);
	}
	if (scenario->was_reset) {
		CHECK_INT(microtl_slots_reset(&slots), 0);
	}
}

/* After a cut: old or new head, whole; and the store works on. */
static void check_after_cut(const struct scenario *scenario, int old_head, int new_head)
{
	struct microtl_slots slots;

	boot(&slots, &own);
	int head = head_of(&slots);
	if (head != old_head && head != new_head) {
		printf("%s: head %d after the cut, not %d or %d\n", scenario->name, head, old_head,
		       new_head);
		exit(1);
	}
	bool had_foreign = scenario->foreign_first && scenario->operation != do_overwrite;
	if (had_foreign) {
		boot(&slots, &foreign);
		CHECK_INT(head_of(&slots), 99);
		boot(&slots, &own);
	}
	CHECK_INT(save_as(&slots, 201, scenario->foreign_first), 0);
	CHECK_INT(booted_head(), 201);
}

static void test_power_cuts(void)
{
	static struct flash_sim before;
	long cuts = 0;

	for (uint8_t block = 1; block <= 32; block = (uint8_t)(block == 1 ? 4 : block * 2)) {
		for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
			struct microtl_slots slots;

			prepare(&scenarios[i], block);
			before = sim;
			int old_head = booted_head();
			boot(&slots, &own);
			CHECK_INT(scenarios[i].operation(&slots), 0);
			uint32_t ticks = sim.ticks;
			int new_head = booted_head();
			for (uint32_t at = 0; at <= ticks; at++) {
				for (int cut = 0; cut < FLASH_SIM_CUTS; cut++) {
					sim = before;
					boot(&slots, &own);
					flash_sim_cut_power(&sim, at, (enum flash_sim_cut)cut);
					int ret = scenarios[i].operation(&slots);
					CHECK_INT(ret == 0, at == ticks);
					check_after_cut(&scenarios[i], old_head, new_head);
					cuts++;
				}
			}
		}
	}
	printf("   %ld power cuts in slots\n", cuts);
}

/* A cut, a boot, another operation cut as well: many in a row, at random. */
static void test_power_cuts_in_a_row(void)
{
	int rounds = is_long() ? 200000 : 5000;
	struct microtl_slots slots;
	int known = FACTORY;
	int older = FACTORY;

	start_flash(8);
	for (int i = 0; i < rounds; i++) {
		int next = 1 + i % 250;
		unsigned int kind = test_random() % 8U;

		boot(&slots, &own);
		flash_sim_cut_power(&sim, test_random() % 80U,
				    (enum flash_sim_cut)(test_random() % FLASH_SIM_CUTS));
		int target = kind == 0 ? older : kind == 1 ? FACTORY : next;
		if (kind == 0) {
			(void)microtl_slots_rollback(&slots);
		} else if (kind == 1) {
			(void)microtl_slots_reset(&slots);
		} else {
			(void)save_as(&slots, next, false);
		}
		int head = booted_head();
		/* A rollback may also find that the older head is gone. */
		CHECK(head == known || head == target);
		if (head != known) {
			older = kind > 1 ? known : FACTORY;
			known = head;
		}
	}
}

int main(void)
{
	RUN(test_empty_flash_is_factory);
	RUN(test_geometry_is_checked);
	RUN(test_saves_alternate);
	RUN(test_headers_are_found_anywhere);
	RUN(test_payload_is_aligned_and_limited);
	RUN(test_rollback_goes_back_once);
	RUN(test_reset_keeps_erase_counts);
	RUN(test_foreign_slot_survives);
	RUN(test_newer_format_survives);
	RUN(test_read_errors_are_damage);
	RUN(test_what_was_written_is_read_back);
	RUN(test_bit_flips_are_damage);
	RUN(test_power_cuts);
	RUN(test_power_cuts_in_a_row);
	return 0;
}
