/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Teaches a network, which knows the digits 0 to 8, the 9; keeps it over a reboot; forgets it. */

#include <errno.h>
#include <stdio.h>

#include <zephyr/kernel.h>
#include <zephyr/sys/reboot.h>

#include <microtl/store.h>
#include <microtl/trainer.h>

#include "digits.h"
#include "samples.h"

#define NEW_DIGIT 9

/* Of the test images. */
#define OLD_WANTED 32
#define NEW_WANTED 15

MICROTL_LEARNER_DEFINE(learner, digits, DIGITS);

/* How many test images of the old digits, and of the new one, are recognised. */
static int test(const char *when, int *old, int *new)
{
	*old = 0;
	*new = 0;
	for (size_t i = 0; i < SAMPLES_TEST; i++) {
		struct microtl_inference result;
		int ret =
			microtl_learner_infer(&learner, samples_test[i], NULL, &result, K_FOREVER);

		if (ret != 0) {
			return ret;
		}
		if (result.label == samples_test_labels[i]) {
			(*(result.label == NEW_DIGIT ? new : old))++;
		}
	}
	printf("%s: %d of %d old digits, %d of %d nines\n", when, *old, SAMPLES_TEST_OLD, *new,
	       SAMPLES_TEST - SAMPLES_TEST_OLD);
	return 0;
}

/* Label each image after its inference; a recording is what one person wrote in one go. */
static int teach(uint8_t label)
{
	for (size_t i = 0; i < SAMPLES_TAUGHT; i++) {
		uint16_t recording = i / SAMPLES_RECORDING_LENGTH;
		struct microtl_inference result;
		int ret = microtl_learner_infer(&learner, samples_taught[i], NULL, &result,
						K_FOREVER);

		if (ret == 0) {
			ret = microtl_learner_label(&learner, result.token, label, recording);
		}
		if (ret != 0) {
			return ret;
		}
	}
	return 0;
}

static int train(void)
{
	struct microtl_train_status status;
	int ret = microtl_train_start(&learner, 1);

	if (ret == 0) {
		ret = microtl_train_wait(&learner, K_FOREVER);
	}
	if (ret != 0) {
		return ret;
	}
	microtl_train_status_get(&learner, &status);
	printf("%u steps: %s\n", (unsigned int)status.progress.steps,
	       microtl_gate_reason_text(status.result.reason));
	if (status.error == 0 && status.result.verdict != MICROTL_VERDICT_ACCEPTED) {
		return -EPERM;
	}
	return status.error;
}

static int learn_and_reboot(void)
{
	int old, new;
	uint8_t label;
	int ret = test("before", &old, &new);

	if (ret == 0) {
		ret = microtl_learner_class_add(&learner, "9", &label);
	}
	if (ret == 0) {
		ret = teach(label);
	}
	if (ret == 0) {
		ret = train();
	}
	if (ret == 0) {
		ret = test("after", &old, &new);
	}
	if (ret == 0) {
		ret = microtl_store_commit(&learner, false);
	}
	if (ret == 0) {
		printf("stored; rebooting\n");
		sys_reboot(SYS_REBOOT_COLD);
	}
	return ret;
}

static int check_and_forget(void)
{
	int old, new;
	int ret = test("from flash", &old, &new);

	if (ret == 0 && (old < OLD_WANTED || new < NEW_WANTED)) {
		ret = -EPERM;
	}
	/* For the next run. */
	if (ret == 0) {
		ret = microtl_learner_reset(&learner);
	}
	if (ret == 0) {
		ret = microtl_learner_forget(&learner);
	}
	return ret;
}

int main(void)
{
	uint8_t label;
	int ret;

	if (microtl_learner_class_find(&learner, "9", &label) == 0) {
		ret = check_and_forget();
		printf("%s\n", ret == 0 ? "PASS" : "FAIL");
	} else {
		ret = learn_and_reboot();
	}
	if (ret != 0) {
		printf("error %d\n", ret);
	}
	return 0;
}
