/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Saves one head after the other, and reboots in the middle of it: each boot has to find the head
 * before or the new one, whole. The log of labels, which outlives reboots too, keeps the count.
 */

#include <errno.h>
#include <stdio.h>

#include <zephyr/kernel.h>
#include <zephyr/sys/reboot.h>

#include <microtl/store.h>
#include <microtl/trainer.h>

#include "digits.h"
#include "samples.h"

#define CUTS   24
/* A save has to be cut short and to get through at least so often. */
#define WANTED 3

/* Labels that count: power cuts so far, and heads that got through. */
#define CUT   0
#define SAVED 1

MICROTL_LEARNER_DEFINE(learner, digits, DIGITS);

static void cut_power(struct k_timer *timer)
{
	ARG_UNUSED(timer);
	sys_reboot(SYS_REBOOT_COLD);
}

static K_TIMER_DEFINE(power, cut_power, NULL);

static uint32_t count_of(uint8_t label)
{
	struct microtl_class_info info;

	return microtl_learner_class_get(&learner, label, &info) != 0
		       ? 0
		       : info.trained_on + info.held_out;
}

static int count_one(uint8_t label)
{
	struct microtl_inference result;
	int ret = microtl_learner_infer(&learner, samples_test[0], NULL, &result, K_FOREVER);

	return ret == 0 ? microtl_learner_label(&learner, result.token, label, 0) : ret;
}

/* How many heads were stored, by the number of the newest one that is whole. */
static uint32_t stored(void)
{
	struct microtl_store_info info;

	microtl_store_info_get(&learner, &info);
	return info.newest < 0 ? 0 : info.slot[info.newest].sequence;
}

/* The factory's head knows all of the old digits that are tested; so do those saved here. */
static bool is_whole(void)
{
	for (size_t i = 0; i < SAMPLES_TEST_OLD; i++) {
		struct microtl_inference result;

		if (microtl_learner_infer(&learner, samples_test[i], NULL, &result, K_FOREVER) !=
			    0 ||
		    result.label != samples_test_labels[i]) {
			return false;
		}
	}
	return true;
}

/* Another head: one that was told to leave a class out. */
static int save_until_cut(uint32_t number)
{
	uint8_t label;
	int ret = microtl_learner_class_add(&learner, "9", &label);

	if (ret == 0) {
		ret = microtl_learner_class_remove(&learner, label);
	}
	if (ret == 0) {
		k_timer_start(&power, K_USEC(number * CONFIG_SAMPLE_CUT_STEP_US), K_NO_WAIT);
		ret = microtl_store_commit(&learner, false);
	}
	if (ret == 0) {
		k_sleep(K_FOREVER);
	}
	return ret;
}

static int finish(uint32_t saved)
{
	int ret = saved >= WANTED && CUTS - saved >= WANTED ? 0 : -EPERM;

	printf("%d power cuts: the new head %u times, the one before %u times\n", CUTS,
	       (unsigned int)saved, (unsigned int)(CUTS - saved));
	/* For the next run. */
	if (ret == 0) {
		ret = microtl_learner_reset(&learner);
	}
	if (ret == 0) {
		ret = microtl_learner_forget(&learner);
	}
	return ret;
}

/* 0 after the last power cut, or -errno. */
static int go_on(void)
{
	uint32_t cuts = count_of(CUT);
	uint32_t saved = count_of(SAVED);
	int ret = 0;

	if (!is_whole() || stored() < saved || stored() > saved + 1) {
		printf("after %u cuts: head %u of %u is broken\n", (unsigned int)cuts,
		       (unsigned int)stored(), (unsigned int)saved);
		return -EIO;
	}
	if (stored() > saved) {
		ret = count_one(SAVED);
		saved++;
	}
	if (ret == 0 && cuts == CUTS) {
		return finish(saved);
	}
	if (ret == 0) {
		ret = count_one(CUT);
	}
	return ret == 0 ? save_until_cut(cuts + 1) : ret;
}

int main(void)
{
	int ret = go_on();

	printf("%s (%d)\n", ret == 0 ? "PASS" : "FAIL", ret);
	return 0;
}
