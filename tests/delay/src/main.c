/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * How long a training makes an inference of a higher priority wait, in instructions: at most one
 * section in which the trainer has the head to itself. The reader is let loose at the worst moment,
 * inside each of these sections.
 */

#include <string.h>

#include <zephyr/ztest.h>

#include <microtl/trainer.h>

#include "accepting.h"
#include "digits.h"
#include "samples.h"
#include "sections.h"

BUILD_ASSERT(CONFIG_QEMU_ICOUNT_SHIFT == 0, "an instruction has to last 1 ns");

/* docs/design.md names both figures. */
#define SECTION_MAX 1500U
#define SWITCH_MAX  2500U

#define STACK_SIZE      2048
#define READER_PRIORITY 2
#define ALONE           20
#define KEPT            8

MICROTL_LEARNER_DEFINE(learner, digits, DIGITS);

extern const k_tid_t microtl_trainer;

static K_SEM_DEFINE(go, 0, 1);
static K_SEM_DEFINE(answered, 0, 1);
static K_SEM_DEFINE(trained, 0, 1);

/* Of the reader's inferences since the last reset. */
static struct {
	uint32_t count;
	uint32_t failures;
	/* Cycles, by the head that answered: factory's, learned. */
	uint32_t longest[2];
	/* Of the first ones. */
	float scores[KEPT][DIGITS_CLASS_CAPACITY];
} reads;

static uint8_t new_class;

static bool has_learned(void)
{
	return microtl_class_set_has(&learner.learning.active.classes, new_class);
}

static void read_when_told(void *a, void *b, void *c)
{
	ARG_UNUSED(a);
	ARG_UNUSED(b);
	ARG_UNUSED(c);
	for (;;) {
		struct microtl_inference result;

		(void)k_sem_take(&go, K_FOREVER);

		float *scores = reads.scores[MIN(reads.count, KEPT - 1)];
		uint32_t start = k_cycle_get_32();
		int ret = microtl_learner_infer(&learner, samples_test[0], scores, &result,
						K_FOREVER);
		uint32_t cycles = k_cycle_get_32() - start;

		reads.count++;
		reads.failures += ret == 0 ? 0 : 1;
		uint32_t *longest = &reads.longest[has_learned() ? 1 : 0];

		*longest = MAX(*longest, cycles);
		k_sem_give(&answered);
	}
}

K_THREAD_DEFINE(reader, STACK_SIZE, read_when_told, NULL, NULL, NULL,
		K_PRIO_PREEMPT(READER_PRIORITY), IS_ENABLED(CONFIG_FPU_SHARING) ? K_FP_REGS : 0, 0);

static uint32_t instructions(uint32_t cycles)
{
	return (uint32_t)((uint64_t)cycles * NSEC_PER_SEC / sys_clock_hw_cycles_per_sec());
}

static void reset_reads(void)
{
	memset(&reads, 0, sizeof(reads));
}

static void read_alone(void)
{
	for (int i = 0; i < ALONE; i++) {
		k_sem_give(&go);
		zassert_ok(k_sem_take(&answered, K_SECONDS(10)));
	}
}

static void on_event(struct microtl_learner *which, enum microtl_train_event event, void *user_data)
{
	ARG_UNUSED(which);
	ARG_UNUSED(user_data);
	if (event != MICROTL_EVENT_PROGRESS) {
		k_sem_give(&trained);
	}
}

/* The same training each time, with hooks in the trainer's sections. */
static struct sections train(struct sections_hooks hooks)
{
	struct microtl_train_status status;

	zassert_ok(microtl_learner_reset(&learner));
	sections_watch(&learner.head_mutex, microtl_trainer, hooks);
	zassert_ok(microtl_train_start(&learner, 1));
	/* Nobody else uses the mutex meanwhile: microtl_train_wait() would. */
	zassert_ok(k_sem_take(&trained, K_SECONDS(100)));

	struct sections sections = sections_end();

	microtl_train_status_get(&learner, &status);
	zassert_ok(status.error);
	zassert_equal(status.result.verdict, MICROTL_VERDICT_ACCEPTED);
	return sections;
}

static void let_reader_go_in_trainer(void)
{
	if (k_current_get() == microtl_trainer) {
		k_sem_give(&go);
	}
}

ZTEST(microtl_delay, test_inference_waits_for_one_section_at_most)
{
	struct sections undisturbed = train((struct sections_hooks){NULL, NULL});
	uint32_t section = instructions(undisturbed.longest);

	reset_reads();
	read_alone();
	zassert_ok(microtl_learner_reset(&learner));
	read_alone();

	uint32_t alone[2] = {reads.longest[0], reads.longest[1]};

	reset_reads();

	struct sections disturbed =
		train((struct sections_hooks){.inside = let_reader_go_in_trainer});
	uint32_t delay =
		instructions(MAX(reads.longest[0] - alone[0], reads.longest[1] - alone[1]));

	TC_PRINT("longest of the trainer's %u sections: %u instructions\n", undisturbed.count,
		 section);
	TC_PRINT("inference without a training: %u instructions by the factory's head, "
		 "%u by the learned one\n",
		 instructions(alone[0]), instructions(alone[1]));
	TC_PRINT("%u inferences, each begun inside a section: at most %u instructions longer\n",
		 reads.count, delay);
	zassert_equal(disturbed.count, undisturbed.count, "another training");
	zassert_equal(reads.count, disturbed.count, "the reader was not let go in each section");
	zassert_equal(reads.failures, 0);
	zassert_true(alone[0] > 0 && alone[1] > 0 && reads.longest[0] > 0 && reads.longest[1] > 0);
	zassert_true(section > 0 && section <= SECTION_MAX);
	zassert_true(delay > 0 && delay <= section + SWITCH_MAX, "more than one section");
}

/* The trainer is about to go live with a head, or has just done so. */
static bool has_verdict(void)
{
	return learner.train.state == MICROTL_TRAIN_RUNNING &&
	       !microtl_fit_running(&learner.learning.fit);
}

static void let_reader_go_before_publish(void)
{
	if (k_current_get() == microtl_trainer && has_verdict()) {
		k_sem_give(&go);
	}
}

static uint32_t held_up;
static uint32_t overtaken;

/* The reader has the head and leaves the CPU to the trainer for a while. */
static void dawdle_in_reader(void)
{
	if (k_current_get() != reader) {
		return;
	}
	const float *params = learner.learning.active.params;

	k_sleep(K_MSEC(20));
	if (params != learner.learning.active.params || !has_verdict()) {
		overtaken++;
	}
	held_up++;
}

ZTEST(microtl_delay, test_publish_waits_for_a_reader_inside_the_head)
{
	static float live[2][DIGITS_CLASS_CAPACITY];
	uint32_t news = 0;

	zassert_ok(microtl_learner_reset(&learner));
	reset_reads();
	read_alone();
	memcpy(live[0], reads.scores[0], sizeof(live[0]));
	reset_reads();
	(void)train((struct sections_hooks){let_reader_go_before_publish, dawdle_in_reader});

	uint32_t count = reads.count;

	zassert_equal(reads.failures, 0);
	zassert_equal(held_up, count);
	zassert_equal(overtaken, 0, "the trainer went on under a reader");
	zassert_true(count >= 3 && count < KEPT, "%u", count);
	read_alone();
	memcpy(live[1], reads.scores[KEPT - 1], sizeof(live[1]));
	zassert_true(memcmp(live[0], live[1], sizeof(live[0])) != 0, "no new head");
	for (uint32_t i = 0; i < count; i++) {
		bool is_new = memcmp(reads.scores[i], live[1], sizeof(live[1])) == 0;

		zassert_true(is_new || memcmp(reads.scores[i], live[0], sizeof(live[0])) == 0,
			     "a torn head");
		zassert_true(is_new || news == 0, "the old head came back");
		news += is_new ? 1 : 0;
	}
	zassert_true(news > 0 && news < count, "publishing was not among it");
	TC_PRINT("%u readers held the trainer up inside the head: %u old heads, %u new\n", count,
		 count - news, news);
}

static void *set_up(void)
{
	accept_everything(&learner);
	microtl_train_callback_set(&learner, on_event, NULL);
	zassert_ok(microtl_learner_class_add(&learner, "9", &new_class));
	for (uint32_t i = 0; i < SAMPLES_TAUGHT; i++) {
		struct microtl_inference result;

		zassert_ok(microtl_learner_infer(&learner, samples_taught[i], NULL, &result,
						 K_FOREVER));
		zassert_ok(microtl_learner_label(&learner, result.token, new_class,
						 i / SAMPLES_RECORDING_LENGTH));
	}
	return NULL;
}

ZTEST_SUITE(microtl_delay, NULL, set_up, NULL, NULL, NULL);
