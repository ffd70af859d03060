/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The label log: what a boot finds after labels, class changes, compaction and forgetting. */

#include <errno.h>
#include <string.h>

#include <microtl/learning.h>

#include "check.h"
#include "flash_sim.h"
#include "toy.h"

#define PAGE      256U
#define CAPACITY  10
/* Room for the learner's rows and samples, and some more. */
#define AREA_SIZE 1280U

static struct flash_sim sim;
static struct microtl_replay_log replay_log;
static uint8_t buffer[64];

static void boot(struct toy *toy)
{
	toy_init(toy, &toy_model, CAPACITY);
	flash_sim_power_on(&sim);
	CHECK_INT(microtl_replay_log_init(&replay_log, &sim.flash, AREA_SIZE, &toy_model.id,
					  TOY_FEATURES, buffer, sizeof(buffer)),
		  0);
	CHECK_INT(microtl_replay_log_read(&replay_log, microtl_learning_restore, &toy->learning),
		  0);
}

static int append(struct toy *toy, const struct microtl_replay_log_record *record)
{
	struct microtl_learning_listing listing = {.learning = &toy->learning};

	return microtl_replay_log_append(&replay_log, record, microtl_learning_list, &listing);
}

static int label(struct toy *toy, uint8_t class, uint16_t recording)
{
	struct microtl_replay_log_record record;
	int8_t features[TOY_FEATURES];
	uint16_t index;

	toy_sample(features, class, recording);
	CHECK_INT(microtl_learning_label(&toy->learning, features, class, recording, &index), 0);
	microtl_learning_sample_record(&toy->learning, index, &record);
	return append(toy, &record);
}

static int add_class(struct toy *toy, const char *name, uint8_t *class)
{
	struct microtl_replay_log_record record;

	CHECK_INT(microtl_learning_class_add(&toy->learning, name, class), 0);
	microtl_learning_class_record(&toy->learning, *class, &record);
	return append(toy, &record);
}

static int remove_class(struct toy *toy, uint8_t class)
{
	struct microtl_replay_log_record record;

	CHECK_INT(microtl_learning_class_remove(&toy->learning, class), 0);
	microtl_learning_class_record(&toy->learning, class, &record);
	return append(toy, &record);
}

static int forget(struct toy *toy)
{
	CHECK_INT(microtl_learning_forget(&toy->learning), 0);
	return microtl_replay_log_forget(&replay_log);
}

static uint32_t booted_digest(void)
{
	static struct toy toy;

	boot(&toy);
	return toy_replay_digest(&toy);
}

/* Bytes of the flash that are not erased; 32 are the header of an empty log. */
static uint32_t bytes_left(void)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < 2 * AREA_SIZE; i++) {
		left += sim.bytes[i] != 0xFF;
	}
	return left;
}

static void start_flash(uint8_t write_block)
{
	flash_sim_init(&sim, 2 * AREA_SIZE, PAGE, write_block, 0xFF);
}

static void test_labels_survive_a_boot(void)
{
	static struct toy toy;

	start_flash(4);
	boot(&toy);
	CHECK_INT(replay_log.area, -1);
	uint8_t class;
	CHECK_INT(add_class(&toy, "squat", &class), 0);
	/* Far more than memory and areas hold: evictions and compactions. */
	for (int i = 0; i < 400; i++) {
		CHECK_INT(label(&toy, (uint8_t)(test_random() % 4U), (uint16_t)(i / 5)), 0);
		CHECK_INT(booted_digest(), toy_replay_digest(&toy));
		CHECK_INT(replay_log.damaged, 0);
	}
	CHECK(toy.learning.replay.evicted > 300);
	CHECK(replay_log.sequence > 5);
}

/* A job makes the same of the samples before and after a boot, wherever they lie. */
static void test_training_is_the_same_after_a_boot(void)
{
	static struct toy toy;
	static struct toy booted;
	struct microtl_gate_result results[2];

	start_flash(4);
	boot(&toy);
	for (int i = 0; i < 61; i++) {
		CHECK_INT(label(&toy, (uint8_t)(test_random() % 3U), (uint16_t)(i / 4)), 0);
	}
	boot(&booted);
	bool moved = false;
	for (uint16_t i = 0; i < CAPACITY; i++) {
		moved = moved ||
			toy.replay_entries[i].sequence != booted.replay_entries[i].sequence;
	}
	CHECK(moved);
	CHECK_INT(toy_train(&toy, 5, &results[0]), 0);
	CHECK_INT(toy_train(&booted, 5, &results[1]), 0);
	CHECK(memcmp(toy.shadow, booted.shadow, sizeof(toy.shadow)) == 0);
	CHECK(results[0].loss_change == results[1].loss_change);
}

static void test_class_changes_survive_a_boot(void)
{
	static struct toy toy;
	uint8_t squat;
	uint8_t lunge;

	start_flash(8);
	boot(&toy);
	CHECK_INT(add_class(&toy, "squat", &squat), 0);
	CHECK_INT(label(&toy, squat, 1), 0);
	CHECK_INT(label(&toy, 0, 2), 0);
	CHECK_INT(remove_class(&toy, squat), 0);
	CHECK_INT(booted_digest(), toy_replay_digest(&toy));
	CHECK_INT(remove_class(&toy, 1), 0);
	CHECK_INT(add_class(&toy, "lunge", &lunge), 0);
	CHECK_INT(lunge, 1);
	CHECK_INT(label(&toy, lunge, 3), 0);
	CHECK_INT(booted_digest(), toy_replay_digest(&toy));
	boot(&toy);
	CHECK(strcmp(microtl_learning_class_name(&toy.learning, 1), "lunge") == 0);
	CHECK(!microtl_class_set_has(&toy.learning.active.classes, 1));
	CHECK_INT(toy.learning.replay.count, 2);

	struct microtl_learning_listing listing = {.learning = &toy.learning};
	CHECK_INT(microtl_replay_log_compact(&replay_log, microtl_learning_list, &listing), 0);
	CHECK_INT(replay_log.records, TOY_ROWS + 2);
	CHECK_INT(booted_digest(), toy_replay_digest(&toy));
}

static void test_forget_leaves_nothing(void)
{
	static struct toy toy;

	start_flash(4);
	boot(&toy);
	for (int i = 0; i < 60; i++) {
		CHECK_INT(label(&toy, (uint8_t)(i % 3), (uint16_t)(i / 5)), 0);
	}
	CHECK_INT(forget(&toy), 0);
	CHECK_INT(toy.learning.replay.count, 0);
	CHECK_INT(booted_digest(), toy_replay_digest(&toy));
	CHECK(bytes_left() <= 32);
	CHECK_INT(label(&toy, 1, 1), 0);
	CHECK_INT(booted_digest(), toy_replay_digest(&toy));
}

static void test_other_model_is_left_alone(void)
{
	static struct toy toy;

	start_flash(4);
	boot(&toy);
	CHECK_INT(label(&toy, 1, 1), 0);
	uint32_t digest = toy_replay_digest(&toy);

	struct microtl_model_id other = toy_model.id;
	other.feature++;
	CHECK_INT(microtl_replay_log_init(&replay_log, &sim.flash, AREA_SIZE, &other, TOY_FEATURES,
					  buffer, sizeof(buffer)),
		  0);
	CHECK_INT(replay_log.area, -1);
	CHECK(replay_log.foreign[0]);
	for (uint32_t i = 0; i < replay_log.records_max - TOY_ROWS - 1U; i++) {
		CHECK_INT(label(&toy, (uint8_t)(i % 3U), 5), 0);
	}
	while (replay_log.records < replay_log.records_max) {
		CHECK_INT(label(&toy, 1, 5), 0);
	}
	CHECK_INT(label(&toy, 1, 5), -EEXIST);
	CHECK_INT(booted_digest(), digest);

	CHECK_INT(microtl_replay_log_init(&replay_log, &sim.flash, AREA_SIZE, &other, TOY_FEATURES,
					  buffer, sizeof(buffer)),
		  0);
	replay_log.overwrite = true;
	CHECK_INT(label(&toy, 1, 5), 0);
	CHECK(booted_digest() != digest);

	/* Another head on the same features reads the same labels. */
	struct microtl_model_id head = toy_model.id;
	head.head++;
	start_flash(4);
	boot(&toy);
	CHECK_INT(label(&toy, 1, 1), 0);
	CHECK_INT(microtl_replay_log_init(&replay_log, &sim.flash, AREA_SIZE, &head, TOY_FEATURES,
					  buffer, sizeof(buffer)),
		  0);
	CHECK_INT(replay_log.area, 0);
}

static void boot_other(struct toy *toy, const struct microtl_model_id *id)
{
	toy_init(toy, &toy_model, CAPACITY);
	flash_sim_power_on(&sim);
	CHECK_INT(microtl_replay_log_init(&replay_log, &sim.flash, AREA_SIZE, id, TOY_FEATURES,
					  buffer, sizeof(buffer)),
		  0);
	CHECK_INT(microtl_replay_log_read(&replay_log, microtl_learning_restore, &toy->learning),
		  0);
}

/* A forget that is finished is over; one that was cut short wipes another model's labels, too. */
static void test_forget_and_another_model(void)
{
	static struct toy toy;
	struct microtl_model_id other = toy_model.id;

	other.feature++;
	start_flash(4);
	boot(&toy);
	CHECK_INT(label(&toy, 1, 1), 0);
	CHECK_INT(forget(&toy), 0);
	boot_other(&toy, &other);
	CHECK_INT(label(&toy, 2, 1), 0);
	boot(&toy);
	CHECK_INT(toy.learning.replay.count, 0);
	boot_other(&toy, &other);
	CHECK_INT(toy.learning.replay.count, 1);

	bool complete = false;
	for (uint32_t cut = 0; !complete; cut++) {
		start_flash(4);
		boot_other(&toy, &other);
		while (replay_log.area != 1) {
			CHECK_INT(label(&toy, 2, 1), 0);
		}
		boot(&toy);
		flash_sim_cut_power(&sim, cut, (enum flash_sim_cut)(cut % FLASH_SIM_CUTS));
		complete = forget(&toy) == 0;
		boot(&toy);
		bool begun = replay_log.area >= 0;
		CHECK(begun || !complete);
		boot_other(&toy, &other);
		CHECK(begun == (toy.learning.replay.count == 0));
	}
}

static void test_room_is_checked(void)
{
	static struct toy toy;
	struct microtl_replay_log_record record;

	start_flash(4);
	boot(&toy);
	CHECK_INT(microtl_replay_log_init(&replay_log, &sim.flash, AREA_SIZE, &toy_model.id,
					  TOY_FEATURES, buffer, 31),
		  -EINVAL);
	CHECK_INT(microtl_replay_log_init(&replay_log, &sim.flash, AREA_SIZE + 1, &toy_model.id,
					  TOY_FEATURES, buffer, sizeof(buffer)),
		  -EINVAL);

	/* One page: seven records, fewer than the learner has rows and samples. */
	CHECK_INT(microtl_replay_log_init(&replay_log, &sim.flash, PAGE, &toy_model.id,
					  TOY_FEATURES, buffer, sizeof(buffer)),
		  0);
	CHECK_INT(replay_log.records_max, 7);
	toy_label(&toy, 1, 1, 3);
	microtl_learning_sample_record(&toy.learning, 2, &record);
	CHECK_INT(append(&toy, &record), -ENOSPC);

	for (uint8_t block = 1; block <= 32; block = (uint8_t)(block * 2)) {
		start_flash(block);
		uint32_t size = microtl_replay_log_area_size(&sim.flash, TOY_FEATURES, 20);
		CHECK_INT(microtl_replay_log_init(&replay_log, &sim.flash, size, &toy_model.id,
						  TOY_FEATURES, buffer, sizeof(buffer)),
			  0);
		CHECK(replay_log.records_max >= 20);
	}
}

static void test_damage_costs_one_record(void)
{
	static struct toy toy;
	static struct toy read;

	start_flash(4);
	boot(&toy);
	for (int i = 0; i < 9; i++) {
		CHECK_INT(label(&toy, 1, 1), 0);
	}
	uint32_t first = 32U + 32U * TOY_ROWS;
	for (uint32_t bit = 8 * first; bit < 8 * (first + 9 * 32); bit++) {
		flash_sim_flip_bit(&sim, bit);
		boot(&read);
		CHECK_INT(replay_log.damaged, 1);
		CHECK_INT(read.learning.replay.count, 8);
		flash_sim_flip_bit(&sim, bit);
	}
	sim.bad_offset = first + 40;
	sim.bad_size = 4;
	boot(&read);
	CHECK_INT(replay_log.damaged, 1);
	CHECK_INT(read.learning.replay.count, 8);
	CHECK_INT(label(&read, 2, 2), 0);
}

/* A write that fails without a power cut: its place was used, the next record goes behind it. */
static void test_place_of_a_failed_write_is_not_used_again(void)
{
	static struct toy toy;

	for (uint32_t block = 0; block < 4; block++) {
		start_flash(8);
		boot(&toy);
		for (int i = 0; i < 3; i++) {
			CHECK_INT(label(&toy, 1, 1), 0);
		}
		uint32_t digest = toy_replay_digest(&toy);
		flash_sim_cut_power(&sim, block, FLASH_SIM_FIRST_HALF);
		CHECK_INT(label(&toy, 2, 2), -EIO);
		flash_sim_power_on(&sim);
		CHECK_INT(booted_digest(), digest);

		/* The log of before goes on; the sample that was not stored is in RAM only. */
		start_flash(8);
		boot(&toy);
		CHECK_INT(label(&toy, 1, 1), 0);
		flash_sim_cut_power(&sim, block, FLASH_SIM_FIRST_HALF);
		CHECK_INT(label(&toy, 2, 2), -EIO);
		flash_sim_power_on(&sim);
		sim.corrupt_at = 2;
		CHECK_INT(label(&toy, 0, 3), -EIO);
		CHECK_INT(label(&toy, 0, 3), 0);
		boot(&toy);
		CHECK_INT(replay_log.damaged, 2);
		CHECK_INT(toy.learning.replay.count, 2);
	}
}

struct scenario {
	const char *name;
	/* Labels before; -1 = until the area is full. */
	int labels;
	int (*operation)(struct toy *toy);
};

static int do_label(struct toy *toy)
{
	return label(toy, 2, 77);
}

static int do_add_class(struct toy *toy)
{
	uint8_t class;

	return add_class(toy, "squat", &class);
}

static int do_remove_class(struct toy *toy)
{
	return remove_class(toy, 1);
}

static int do_compact(struct toy *toy)
{
	struct microtl_learning_listing listing = {.learning = &toy->learning};

	return microtl_replay_log_compact(&replay_log, microtl_learning_list, &listing);
}

static const struct scenario scenarios[] = {
	{"first label", 0, do_label},
	{"label", 7, do_label},
	{"label that evicts", 20, do_label},
	{"label into a full log", -1, do_label},
	{"class added", 4, do_add_class},
	{"class added to a full log", -1, do_add_class},
	{"class removed", 9, do_remove_class},
	{"class removed, full", -1, do_remove_class},
	{"compaction", 9, do_compact},
	{"forget", 9, forget},
	{"forget after compaction", 40, forget},
	{"forget of nothing", 0, forget},
};

static void test_power_cuts(void)
{
	static struct flash_sim before;
	static struct toy saved;
	static struct toy toy;
	long cuts = 0;

	for (uint8_t block = 1; block <= 32; block = (uint8_t)(block == 1 ? 4 : block * 2)) {
		for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
			const struct scenario *scenario = &scenarios[i];

			start_flash(block);
			boot(&toy);
			for (int n = 0; n != scenario->labels; n++) {
				CHECK_INT(label(&toy, (uint8_t)(n % 3), (uint16_t)(n / 4)), 0);
				if (replay_log.records == replay_log.records_max) {
					break;
				}
			}
			before = sim;
			boot(&saved);
			uint32_t old_digest = toy_replay_digest(&saved);
			CHECK_INT(old_digest, toy_replay_digest(&toy));
			boot(&toy);
			CHECK_INT(scenario->operation(&toy), 0);
			uint32_t ticks = sim.ticks;

			for (uint32_t at = 0; at <= ticks; at++) {
				for (int cut = 0; cut < FLASH_SIM_CUTS; cut++) {
					sim = before;
					boot(&toy);
					flash_sim_cut_power(&sim, at, (enum flash_sim_cut)cut);
					int ret = scenario->operation(&toy);
					CHECK_INT(ret == 0, at == ticks);
					/* New samples are drawn anew: the digest in RAM is new. */
					uint32_t new_digest = toy_replay_digest(&toy);
					uint32_t digest = booted_digest();
					if (digest != old_digest && digest != new_digest) {
						printf("%s, block %u, tick %u, cut %d: neither\n",
						       scenario->name, block, at, cut);
						exit(1);
					}
					if (scenario->operation == forget && digest != old_digest) {
						CHECK(bytes_left() <= 32);
					}
					/* And it works on. */
					boot(&toy);
					CHECK_INT(label(&toy, 0, 99), 0);
					CHECK_INT(booted_digest(), toy_replay_digest(&toy));
					cuts++;
				}
			}
		}
	}
	printf("   %ld power cuts in the log\n", cuts);
}

int main(void)
{
	RUN(test_labels_survive_a_boot);
	RUN(test_training_is_the_same_after_a_boot);
	RUN(test_class_changes_survive_a_boot);
	RUN(test_forget_leaves_nothing);
	RUN(test_other_model_is_left_alone);
	RUN(test_forget_and_another_model);
	RUN(test_room_is_checked);
	RUN(test_damage_costs_one_record);
	RUN(test_place_of_a_failed_write_is_not_used_again);
	RUN(test_power_cuts);
	return 0;
}
