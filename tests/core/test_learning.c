/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Snapshots, and the learner that saves, loads, publishes and resets its head. */

#include <errno.h>
#include <string.h>

#include <microtl/slots.h>

#include "check.h"
#include "crc32.h"
#include "flash_sim.h"
#include "toy.h"

#define SIZE MICROTL_SNAPSHOT_SIZE(TOY_PARAMS, TOY_ROWS)

struct buffer {
	size_t size;
	/* Sinks and sources fail from this byte on. */
	size_t fails_at;
	_Alignas(4) uint8_t bytes[SIZE + 8];
};

static struct buffer buffer;
static struct toy toy;

static void buffer_init(void)
{
	memset(&buffer, 0xEE, sizeof(buffer));
	buffer.size = 0;
	buffer.fails_at = SIZE + 8;
}

static int sink(const void *data, size_t size, void *user_data)
{
	struct buffer *to = user_data;

	if (to->size + size > to->fails_at) {
		return -EIO;
	}
	memcpy(to->bytes + to->size, data, size);
	to->size += size;
	return 0;
}

static int source(size_t offset, void *data, size_t size, void *user_data)
{
	const struct buffer *from = user_data;

	CHECK(offset + size <= sizeof(from->bytes));
	if (offset + size > from->fails_at) {
		return -EIO;
	}
	memcpy(data, from->bytes + offset, size);
	return 0;
}

static const microtl_param_t *params_in_buffer(void)
{
	return (const microtl_param_t *)(const void *)(buffer.bytes +
						       MICROTL_SNAPSHOT_PARAMS_OFFSET(TOY_ROWS));
}

/* A learner that has learned a class and published it. */
static uint8_t teach(struct toy *learner, const char *name, uint64_t seed)
{
	struct microtl_gate_result result;
	uint8_t label;

	CHECK_INT(microtl_learning_class_add(&learner->learning, name, &label), 0);
	for (uint16_t r = 0; r < 2; r++) {
		for (uint8_t c = 0; c < TOY_CLASSES; c++) {
			toy_label(learner, c, (uint16_t)(10 * r + c), 5);
		}
		toy_label(learner, label, (uint16_t)(100 + 10 * label + r), 5);
	}
	CHECK_INT(toy_train(learner, seed, &result), 0);
	CHECK_INT(result.verdict, MICROTL_VERDICT_ACCEPTED);
	CHECK_INT(microtl_learning_publish(&learner->learning, NULL), 0);
	CHECK_INT(microtl_learning_publish(&learner->learning, NULL), -EPERM);
	return label;
}

/* Teaches and publishes a class in the only free factory row; the row. */
static uint8_t teach_reused_row(const char *name)
{
	struct microtl_gate_result result;
	uint8_t label;

	CHECK_INT(microtl_learning_class_add(&toy.learning, name, &label), 0);
	for (uint16_t r = 0; r < 2; r++) {
		for (uint8_t c = 0; c < TOY_CLASSES; c++) {
			toy_label(&toy, c, (uint16_t)(10 * r + c), 5);
		}
	}
	CHECK_INT(toy_train(&toy, 3, &result), 0);
	CHECK_INT(result.verdict, MICROTL_VERDICT_ACCEPTED);
	CHECK_INT(microtl_learning_publish(&toy.learning, NULL), 0);
	return label;
}

static int load(const microtl_param_t *stored, enum microtl_snapshot_difference *difference)
{
	return microtl_learning_load(&toy.learning, buffer.size, stored, difference, source,
				     &buffer);
}

static void test_head_comes_back(void)
{
	buffer_init();
	toy_init(&toy, &toy_model, TOY_CAPACITY);
	uint8_t squat = teach(&toy, "squat", 3);
	uint32_t digest = toy_head_digest(&toy);
	CHECK_INT(microtl_learning_save(&toy.learning, false, sink, &buffer), 0);
	CHECK_INT(buffer.size, SIZE);
	CHECK_INT(buffer.size, microtl_snapshot_size(&toy_spec));

	/* Into RAM. */
	toy_init(&toy, &toy_model, TOY_CAPACITY);
	CHECK(toy_head_digest(&toy) != digest);
	CHECK_INT(load(NULL, NULL), 0);
	CHECK_INT(toy_head_digest(&toy), digest);
	CHECK(strcmp(microtl_learning_class_name(&toy.learning, squat), "squat") == 0);
	CHECK(toy_accuracy(&toy, squat) > 0.9f);

	/* In place. */
	toy_init(&toy, &toy_model, TOY_CAPACITY);
	CHECK_INT(load(params_in_buffer(), NULL), 0);
	CHECK_INT(toy_head_digest(&toy), digest);
	CHECK(toy.learning.active.params == params_in_buffer());
}

static void test_bytes_are_as_documented(void)
{
	buffer_init();
	toy_init(&toy, &toy_model, TOY_CAPACITY);
	CHECK_INT(microtl_learning_save(&toy.learning, false, sink, &buffer), 0);
	const uint8_t start[] = {
		'M', 'T', 'L', 'H', 1,  0, 1, 0, 6,  0, 6, 0, 0,  0, 0, 0, /* shape */
		11,  0,   0,   0,   12, 0, 0, 0, 13, 0, 0, 0, 14, 0, 0, 0, /* model */
		42,  0,   0,   0,   0,  0, 0, 0, 7,  0, 0, 0,              /* parameters, classes */
	};
	CHECK(memcmp(buffer.bytes, start, sizeof(start)) == 0);
	CHECK(memcmp(buffer.bytes + 72, "walk\0\0\0\0\0\0\0\0\0\0\0\0run", 19) == 0);
	CHECK(memcmp(params_in_buffer(), toy_spec.params, 4 * TOY_PARAMS) == 0);
	CHECK(buffer.bytes[SIZE] == 0xEE);
}

static void test_every_flipped_bit_is_found(void)
{
	enum microtl_snapshot_difference difference;

	buffer_init();
	toy_init(&toy, &toy_model, TOY_CAPACITY);
	uint32_t digest = toy_head_digest(&toy);
	CHECK_INT(microtl_learning_save(&toy.learning, false, sink, &buffer), 0);
	for (size_t bit = 0; bit < 8 * SIZE; bit++) {
		buffer.bytes[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		int ret = load(NULL, &difference);
		/* Magic and format are looked at first. */
		CHECK_INT(ret, bit < 32 ? -ENOENT : bit < 48 && bit != 32 ? -ENOTSUP : -EBADMSG);
		CHECK_INT(toy_head_digest(&toy), digest);
		buffer.bytes[bit / 8] ^= (uint8_t)(1U << (bit % 8));
	}
	for (size_t size = 0; size < SIZE; size++) {
		buffer.size = size;
		CHECK_INT(load(NULL, &difference), size < 76 ? -ENOENT : -EBADMSG);
	}
	buffer.size = SIZE;
	CHECK_INT(load(NULL, NULL), 0);
}

/* Puts the CRC right again after a change. */
static void sign(void)
{
	uint32_t crc = microtl_priv_crc32(0, buffer.bytes, SIZE - 4);

	memcpy(buffer.bytes + SIZE - 4, &crc, 4);
}

static void test_other_models_are_refused(void)
{
	static const size_t parts[] = {16, 20, 24, 28};
	enum microtl_snapshot_difference difference;

	buffer_init();
	toy_init(&toy, &toy_model, TOY_CAPACITY);
	CHECK_INT(microtl_learning_save(&toy.learning, false, sink, &buffer), 0);
	for (int part = 0; part < 4; part++) {
		buffer.bytes[parts[part]] ^= 0x40;
		sign();
		CHECK_INT(load(NULL, &difference), -EXDEV);
		CHECK_INT(difference, MICROTL_SNAPSHOT_BACKBONE + part);
		CHECK(microtl_snapshot_difference_text(difference)[0] != '\0');
		buffer.bytes[parts[part]] ^= 0x40;
	}
	/* The same id, another loss: the head differs. */
	buffer.bytes[7] = MICROTL_LOSS_SIGMOID;
	sign();
	CHECK_INT(load(NULL, &difference), -EXDEV);
	CHECK_INT(difference, MICROTL_SNAPSHOT_HEAD);
	buffer.bytes[7] = MICROTL_LOSS_SOFTMAX;
	buffer.bytes[6] = 4;
	sign();
	CHECK_INT(load(NULL, &difference), -EXDEV);
	CHECK_INT(difference, MICROTL_SNAPSHOT_HEAD);
	buffer.bytes[6] = 1;
	/* The same shape, another number of parameters. */
	buffer.bytes[32]++;
	sign();
	CHECK_INT(load(NULL, &difference), -EXDEV);
	CHECK_INT(difference, MICROTL_SNAPSHOT_HEAD);
	buffer.bytes[32]--;
	/* A class without a row. */
	buffer.bytes[40] = 0x80;
	sign();
	CHECK_INT(load(NULL, &difference), -EBADMSG);
	buffer.bytes[40] = 7;
	sign();
	CHECK_INT(load(NULL, &difference), 0);
	CHECK_INT(difference, MICROTL_SNAPSHOT_SAME);
}

static void test_failing_callbacks_keep_the_head(void)
{
	buffer_init();
	toy_init(&toy, &toy_model, TOY_CAPACITY);
	(void)teach(&toy, "squat", 3);
	uint32_t digest = toy_head_digest(&toy);
	for (buffer.fails_at = 0; buffer.fails_at < SIZE; buffer.fails_at++) {
		buffer.size = 0;
		CHECK_INT(microtl_learning_save(&toy.learning, false, sink, &buffer), -EIO);
	}
	buffer.size = 0;
	CHECK_INT(microtl_learning_save(&toy.learning, false, sink, &buffer), 0);
	CHECK_INT(microtl_learning_reset(&toy.learning), 0);
	uint32_t factory = toy_head_digest(&toy);
	for (buffer.fails_at = 0; buffer.fails_at < SIZE; buffer.fails_at++) {
		CHECK_INT(load(NULL, NULL), -EIO);
		CHECK_INT(toy_head_digest(&toy), factory);
	}
	CHECK_INT(load(NULL, NULL), 0);
	CHECK_INT(toy_head_digest(&toy), digest);
}

#if !MICROTL_ARITHMETIC_FIXED
static void test_head_without_classes_has_no_names(void)
{
	static microtl_param_t params[TOY_PARAMS];
	struct microtl_head_spec spec = toy_spec;
	struct microtl_snapshot_info info;
	struct microtl_head head;

	buffer_init();
	spec.loss = MICROTL_LOSS_MSE;
	CHECK_INT(microtl_head_init(&head, &spec), 0);
	CHECK_INT(microtl_snapshot_write(&head, &toy_model.id, NULL, 5, sink, &buffer), 0);
	CHECK_INT(buffer.size, MICROTL_SNAPSHOT_SIZE(TOY_PARAMS, 0));
	CHECK_INT(microtl_snapshot_read(&spec, &toy_model.id, buffer.size, params, NULL, &info,
					NULL, source, &buffer),
		  0);
	CHECK(memcmp(params, toy_spec.params, sizeof(params)) == 0);
	CHECK_INT(info.sequence, 5);

	struct microtl_model model = toy_model;
	model.head = &spec;
	CHECK_INT(microtl_learning_init(&toy.learning, &model, &toy.config, &toy.learning.memory),
		  -ENOTSUP);
}
#endif

static void test_classes_are_named(void)
{
	uint8_t label;

	toy_init(&toy, &toy_model, TOY_CAPACITY);
	CHECK_INT(microtl_learning_class_add(&toy.learning, "", &label), -EINVAL);
	CHECK_INT(microtl_learning_class_add(&toy.learning, "sixteen letters!", &label), -EINVAL);
	CHECK_INT(microtl_learning_class_add(&toy.learning, "run", &label), -EEXIST);
	CHECK_INT(label, 1);
	CHECK_INT(microtl_learning_class_add(&toy.learning, "fifteen letters", &label), 0);
	CHECK_INT(label, 3);
	CHECK_INT(microtl_learning_class_find(&toy.learning, "fifteen letters", &label), 0);
	CHECK_INT(label, 3);
	CHECK_INT(microtl_learning_class_add(&toy.learning, "b", &label), 0);
	CHECK_INT(microtl_learning_class_add(&toy.learning, "c", &label), 0);
	CHECK_INT(microtl_learning_class_add(&toy.learning, "d", &label), -ENOMEM);
	CHECK_INT(microtl_learning_class_remove(&toy.learning, 4), 0);
	CHECK_INT(microtl_learning_class_remove(&toy.learning, 4), -ENOENT);
	CHECK_INT(microtl_learning_class_remove(&toy.learning, 200), -ENOENT);
	CHECK(microtl_learning_class_name(&toy.learning, 4) == NULL);
	CHECK_INT(microtl_learning_class_add(&toy.learning, "d", &label), 0);
	CHECK_INT(label, 4);
	CHECK_INT(microtl_learning_class_find(&toy.learning, "b", &label), -ENOENT);
	int8_t features[TOY_FEATURES] = {0};
	CHECK_INT(microtl_learning_label(&toy.learning, features, 99, 1, NULL), -ENOENT);
}

static void test_removed_class_is_gone(void)
{
	microtl_real_t scores[TOY_ROWS];
	int8_t features[TOY_FEATURES];
	uint8_t best;

	toy_init(&toy, &toy_model, TOY_CAPACITY);
	uint8_t squat = teach(&toy, "squat", 3);
	CHECK_INT(microtl_learning_train_start(&toy.learning, 1), 0);
	CHECK_INT(microtl_learning_class_remove(&toy.learning, squat), -EBUSY);
	CHECK_INT(microtl_learning_reset(&toy.learning), -EBUSY);
	CHECK_INT(microtl_learning_forget(&toy.learning), -EBUSY);
	CHECK_INT(load(NULL, NULL), -EBUSY);
	while (microtl_fit_running(&toy.learning.fit)) {
		CHECK_INT(microtl_learning_train_step(&toy.learning), 0);
	}
	/* What the job trained knows the class: it must not go live any more. */
	CHECK_INT(microtl_learning_class_remove(&toy.learning, squat), 0);
	CHECK_INT(microtl_learning_publish(&toy.learning, NULL), -EPERM);
	toy_sample(features, squat, 1);
	microtl_learning_scores(&toy.learning, features, scores, &best);
	CHECK(best != squat && scores[squat] == 0);
	CHECK_INT(microtl_replay_class_count(&toy.learning.replay, squat, false), 0);
	CHECK_INT(toy.ncm_counts[squat], 0);
}

static void test_reset_and_forget(void)
{
	toy_init(&toy, &toy_model, TOY_CAPACITY);
	uint32_t factory = toy_head_digest(&toy);
	uint8_t squat = teach(&toy, "squat", 3);
	CHECK_INT(microtl_learning_reset(&toy.learning), 0);
	CHECK(toy.learning.active.params == toy_spec.params);
	CHECK(toy.learning.replay.count > 0);
	CHECK(microtl_learning_class_name(&toy.learning, squat) != NULL);
	CHECK_INT(microtl_learning_class_remove(&toy.learning, 0), 0);
	CHECK_INT(microtl_learning_reset(&toy.learning), 0);
	CHECK_INT(microtl_learning_forget(&toy.learning), 0);
	CHECK_INT(toy_head_digest(&toy), factory);
	CHECK_INT(toy.learning.replay.count, 0);
	CHECK_INT(toy.ncm_counts[0], 0);
}

static void test_loading_keeps_what_was_taught_since(void)
{
	uint8_t label;

	buffer_init();
	toy_init(&toy, &toy_model, TOY_CAPACITY);
	uint8_t squat = teach(&toy, "squat", 3);
	CHECK_INT(microtl_learning_save(&toy.learning, false, sink, &buffer), 0);
	CHECK_INT(microtl_learning_class_add(&toy.learning, "lunge", &label), 0);
	toy_label(&toy, label, 70, 3);
	CHECK_INT(microtl_learning_class_remove(&toy.learning, 1), 0);
	CHECK_INT(load(NULL, NULL), 0);
	CHECK(strcmp(microtl_learning_class_name(&toy.learning, label), "lunge") == 0);
	CHECK(strcmp(microtl_learning_class_name(&toy.learning, 1), "run") == 0);
	CHECK_INT(microtl_replay_class_count(&toy.learning.replay, label, false), 3);
	CHECK_INT(microtl_replay_class_count(&toy.learning.replay, squat, false), 10);

	/* Another class in the row of the snapshot's: its samples go. */
	CHECK_INT(microtl_learning_class_remove(&toy.learning, squat), 0);
	CHECK_INT(microtl_learning_class_add(&toy.learning, "jump", &label), 0);
	CHECK_INT(label, squat);
	toy_label(&toy, label, 71, 3);
	CHECK_INT(load(NULL, NULL), 0);
	CHECK(strcmp(microtl_learning_class_name(&toy.learning, squat), "squat") == 0);
	CHECK_INT(microtl_replay_class_count(&toy.learning.replay, squat, false), 0);
}

/* Another class in the row of the factory's: trained, judged, and known by its own samples alone.
 */
static void test_reused_row_has_nothing_of_the_factory(void)
{
	struct microtl_fit *fit = &toy.learning.fit;
	struct microtl_gate_result result;
	uint8_t jump;

	toy_init(&toy, &toy_model_with_base, TOY_CAPACITY);
	CHECK_INT(microtl_learning_class_remove(&toy.learning, 2), 0);
	CHECK_INT(toy.ncm_counts[2], 0);
	jump = teach_reused_row("jump");
	CHECK_INT(jump, 2);
	CHECK_INT(toy.ncm_counts[2], 10);

	/* Its second job, when the active head has it. */
	toy.config.folds = 0;
	CHECK_INT(microtl_learning_train_start(&toy.learning, 7), 0);
	CHECK_INT(microtl_learning_train_step(&toy.learning), 0);
	CHECK_INT(fit->class_end[2] - fit->class_end[1],
		  microtl_replay_class_count(&toy.learning.replay, 2, false));
	CHECK_INT(fit->class_end[1] - fit->class_end[0],
		  microtl_replay_class_count(&toy.learning.replay, 1, false) +
			  (TOY_BASE - TOY_GATE) / 3);
	while (microtl_fit_running(fit)) {
		CHECK_INT(microtl_learning_train_step(&toy.learning), 0);
	}
	CHECK_INT(microtl_fit_result(fit, &result), 0);
	CHECK_INT(fit->gate.base_count, TOY_GATE / 3 * 2);
	CHECK_INT(fit->gate.tally[2].base, 0);

	/* The factory's name makes it the factory's class. */
	CHECK_INT(microtl_learning_class_remove(&toy.learning, 2), 0);
	CHECK_INT(microtl_learning_class_add(&toy.learning, "rest", &jump), 0);
	CHECK_INT(jump, 2);
	CHECK_INT(toy.ncm_counts[2], (TOY_BASE - TOY_GATE) / 3);
	CHECK(!microtl_class_set_has(&toy.learning.active.classes, 2));
}

static void test_reset_takes_the_factorys_rows_back(void)
{
	uint8_t label;

	toy_init(&toy, &toy_model_with_base, TOY_CAPACITY);
	CHECK_INT(microtl_learning_class_remove(&toy.learning, 2), 0);
	CHECK_INT(teach_reused_row("jump"), 2);
	CHECK_INT(microtl_learning_class_add(&toy.learning, "rest", &label), 0);
	CHECK_INT(label, 3);
	CHECK_INT(microtl_learning_class_add(&toy.learning, "squat", &label), 0);
	toy_label(&toy, label, 90, 3);
	CHECK_INT(microtl_learning_reset(&toy.learning), 0);

	CHECK(strcmp(microtl_learning_class_name(&toy.learning, 2), "rest") == 0);
	CHECK(microtl_class_set_has(&toy.learning.active.classes, 2));
	CHECK_INT(microtl_replay_class_count(&toy.learning.replay, 2, false), 0);
	CHECK_INT(microtl_replay_class_count(&toy.learning.replay, 2, true), 0);
	CHECK_INT(toy.ncm_counts[2], (TOY_BASE - TOY_GATE) / 3);
	/* A name has one row; what was labelled in other rows stays. */
	CHECK(microtl_learning_class_name(&toy.learning, 3) == NULL);
	CHECK(microtl_learning_class_name(&toy.learning, label) != NULL);
	CHECK_INT(microtl_replay_class_count(&toy.learning.replay, label, false), 3);
	CHECK_INT(toy.ncm_counts[label], 3);
	CHECK(microtl_replay_class_count(&toy.learning.replay, 0, false) > 0);
}

static void test_forget_leaves_removed_classes_away(void)
{
	microtl_real_t scores[TOY_ROWS];
	int8_t features[TOY_FEATURES];
	uint8_t best;

	toy_init(&toy, &toy_model_with_base, 0);
	CHECK_INT(microtl_learning_class_remove(&toy.learning, 2), 0);
	toy_label(&toy, 0, 1, 4);
	CHECK_INT(microtl_learning_forget(&toy.learning), 0);
	CHECK_INT(toy.ncm_counts[0], (TOY_BASE - TOY_GATE) / 3);
	toy_label(&toy, 0, 1, 4);
	CHECK(microtl_learning_uses_ncm(&toy.learning));
	toy_sample(features, 2, 1);
	microtl_learning_scores(&toy.learning, features, scores, &best);
	CHECK(microtl_learning_class_name(&toy.learning, best) != NULL);
	CHECK(scores[2] == MICROTL_SCORE_NONE);
	CHECK_INT(microtl_learning_reset(&toy.learning), 0);
	microtl_learning_scores(&toy.learning, features, scores, &best);
	CHECK_INT(best, 2);
}

static void test_loading_into_reused_rows(void)
{
	uint8_t label;

	/* The head was saved when the row was free: what was taught there since stays. */
	buffer_init();
	toy_init(&toy, &toy_model, TOY_CAPACITY);
	CHECK_INT(microtl_learning_class_remove(&toy.learning, 2), 0);
	CHECK_INT(microtl_learning_save(&toy.learning, false, sink, &buffer), 0);
	CHECK_INT(load(NULL, NULL), 0);
	/* What changes from now on is later than this head. */
	CHECK((int32_t)(toy.learning.replay.sequence - toy.learning.loaded_sequence) > 0);
	CHECK_INT(microtl_learning_class_add(&toy.learning, "jump", &label), 0);
	CHECK_INT(label, 2);
	toy_label(&toy, label, 70, 3);
	CHECK_INT(load(NULL, NULL), 0);
	CHECK(strcmp(microtl_learning_class_name(&toy.learning, 2), "jump") == 0);
	CHECK_INT(microtl_replay_class_count(&toy.learning.replay, 2, false), 3);
	CHECK(!microtl_class_set_has(&toy.learning.active.classes, 2));

	/* The factory's class that came back is not taught. */
	CHECK_INT(microtl_learning_reset(&toy.learning), 0);
	CHECK_INT(load(NULL, NULL), 0);
	CHECK(microtl_learning_class_name(&toy.learning, 2) == NULL);

	/* The head has the class elsewhere: a name has one row. */
	CHECK_INT(microtl_learning_class_add(&toy.learning, "jump", &label), 0);
	buffer_init();
	CHECK_INT(microtl_learning_save(&toy.learning, false, sink, &buffer), 0);
	CHECK_INT(microtl_learning_reset(&toy.learning), 0);
	CHECK_INT(microtl_learning_class_add(&toy.learning, "jump", &label), 0);
	CHECK_INT(label, 3);
	toy_label(&toy, label, 71, 3);
	CHECK_INT(load(NULL, NULL), 0);
	CHECK_INT(microtl_learning_class_find(&toy.learning, "jump", &label), 0);
	CHECK_INT(label, 2);
	CHECK(microtl_learning_class_name(&toy.learning, 3) == NULL);
	CHECK_INT(microtl_replay_class_count(&toy.learning.replay, 3, false), 0);
}

static void test_nearest_mean_answers_without_replay(void)
{
	uint8_t squat;

	toy_init(&toy, &toy_model_with_base, 0);
	CHECK(!microtl_learning_uses_ncm(&toy.learning));
	CHECK_INT(microtl_learning_class_add(&toy.learning, "squat", &squat), 0);
	CHECK_INT(microtl_learning_train_start(&toy.learning, 1), -ENODATA);
	toy_label(&toy, squat, 1, 4);
	CHECK(microtl_learning_uses_ncm(&toy.learning));
	for (uint8_t c = 0; c <= squat; c++) {
		CHECK(toy_accuracy(&toy, c) > 0.9f);
	}
	CHECK_INT(microtl_learning_forget(&toy.learning), 0);
	CHECK(!microtl_learning_uses_ncm(&toy.learning));
	CHECK(microtl_learning_class_name(&toy.learning, squat) == NULL);
}

static void test_publishing_in_place(void)
{
	struct microtl_gate_result result;

	buffer_init();
	toy_init(&toy, &toy_model, TOY_CAPACITY);
	toy.learning.memory.active = NULL;
	for (uint8_t c = 0; c < TOY_CLASSES; c++) {
		toy_label(&toy, c, c, 5);
		toy_label(&toy, c, (uint16_t)(10 + c), 5);
	}
	CHECK_INT(microtl_learning_publish(&toy.learning, NULL), -ENODATA);
	CHECK_INT(microtl_learning_save(&toy.learning, true, sink, &buffer), -ENODATA);
	/* Any improvement will do here. */
	toy.config.gate.gain_sigmas = 0;
	CHECK_INT(toy_train(&toy, 1, &result), 0);
	CHECK_INT(result.verdict, MICROTL_VERDICT_ACCEPTED);
	CHECK_INT(microtl_learning_publish(&toy.learning, NULL), -EINVAL);
	CHECK_INT(microtl_learning_save(&toy.learning, true, sink, &buffer), 0);
	CHECK_INT(microtl_learning_publish(&toy.learning, params_in_buffer()), 0);
	CHECK(toy.learning.active.params == params_in_buffer());
	CHECK(memcmp(toy.learning.active.params, toy.shadow, sizeof(toy.shadow)) == 0);
	CHECK_INT(load(NULL, NULL), -EINVAL);
	CHECK_INT(load(params_in_buffer(), NULL), 0);
}

/* Learner, snapshot and slots together: a cut anywhere leaves the factory's head or the new one. */
static int slots_source(size_t offset, void *data, size_t size, void *user_data)
{
	struct microtl_slots *slots = user_data;

	return microtl_slots_read(slots, microtl_slots_newest(slots), offset, data, size);
}

static void boot_from(struct microtl_slots *slots, struct flash_sim *sim)
{
	flash_sim_power_on(sim);
	toy_init(&toy, &toy_model, TOY_CAPACITY);
	CHECK_INT(microtl_slots_init(slots, &sim->flash, 1024, &toy_model.id), 0);
	int newest = microtl_slots_newest(slots);
	if (newest >= 0) {
		CHECK_INT(microtl_learning_load(&toy.learning, slots->slot[newest].payload_size,
						NULL, NULL, slots_source, slots),
			  0);
	}
}

static void test_saved_head_survives_power_cuts(void)
{
	static struct flash_sim sim;
	static struct toy taught;
	struct microtl_slots slots;

	toy_init(&taught, &toy_model, TOY_CAPACITY);
	uint32_t factory = toy_head_digest(&taught);
	(void)teach(&taught, "squat", 3);
	uint32_t learned = toy_head_digest(&taught);
	bool complete = false;
	for (uint32_t cut = 0; !complete; cut++) {
		flash_sim_init(&sim, 2048, 256, 4, 0xFF);
		boot_from(&slots, &sim);
		flash_sim_cut_power(&sim, cut, (enum flash_sim_cut)(cut % FLASH_SIM_CUTS));
		int ret = microtl_slots_save_begin(&slots, false);
		if (ret >= 0) {
			ret = microtl_learning_save(&taught.learning, false,
						    microtl_slots_save_write, &slots);
		}
		if (ret == 0) {
			ret = microtl_slots_save_end(&slots);
		}
		complete = ret == 0;
		boot_from(&slots, &sim);
		uint32_t digest = toy_head_digest(&toy);
		CHECK(complete ? digest == learned : digest == factory || digest == learned);
	}
}

int main(void)
{
	RUN(test_head_comes_back);
	RUN(test_bytes_are_as_documented);
	RUN(test_every_flipped_bit_is_found);
	RUN(test_other_models_are_refused);
	RUN(test_failing_callbacks_keep_the_head);
#if !MICROTL_ARITHMETIC_FIXED
	RUN(test_head_without_classes_has_no_names);
#endif
	RUN(test_classes_are_named);
	RUN(test_removed_class_is_gone);
	RUN(test_reset_and_forget);
	RUN(test_loading_keeps_what_was_taught_since);
	RUN(test_reused_row_has_nothing_of_the_factory);
	RUN(test_reset_takes_the_factorys_rows_back);
	RUN(test_forget_leaves_removed_classes_away);
	RUN(test_loading_into_reused_rows);
	RUN(test_nearest_mean_answers_without_replay);
	RUN(test_publishing_in_place);
	RUN(test_saved_head_survives_power_cuts);
	return 0;
}
