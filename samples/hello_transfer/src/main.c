/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <stdio.h>

#include <zephyr/kernel.h>

#include <microtl/trainer.h>

#include "digits.h"
#include "samples.h"

#define NEW_DIGIT 9

MICROTL_LEARNER_DEFINE(learner, digits, DIGITS);

/* How many of the test images of the old digits, and of the new one, are recognised. */
static int test(int *old_right, int *new_right)
{
	*old_right = 0;
	*new_right = 0;
	for (size_t i = 0; i < SAMPLES_TEST; i++) {
		struct microtl_inference result;
		int ret =
			microtl_learner_infer(&learner, samples_test[i], NULL, &result, K_FOREVER);

		if (ret != 0) {
			return ret;
		}
		if (result.label == samples_test_labels[i]) {
			(*(samples_test_labels[i] == NEW_DIGIT ? new_right : old_right))++;
		}
	}
	return 0;
}

static int teach(void)
{
	uint8_t label;
	int ret = microtl_learner_class_add(&learner, "9", &label);

	for (size_t i = 0; ret == 0 && i < SAMPLES_TAUGHT; i++) {
		struct microtl_inference result;

		ret = microtl_learner_infer(&learner, samples_taught[i], NULL, &result, K_FOREVER);
		if (ret == 0) {
			ret = microtl_learner_label(&learner, result.token, label,
						    i / SAMPLES_RECORDING_LENGTH);
		}
	}
	return ret;
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
	printf("%u steps, loss %u/1000: %s\n", (unsigned int)status.progress.steps,
	       (unsigned int)(status.progress.loss * 1000.0f),
	       microtl_gate_reason_text(status.result.reason));
	if (status.error == 0 && status.result.verdict != MICROTL_VERDICT_ACCEPTED) {
		return -EPERM;
	}
	return status.error;
}

int main(void)
{
	int old_before, new_before, old_after, new_after;
	int ret = test(&old_before, &new_before);

	if (ret == 0) {
		ret = teach();
	}
	if (ret == 0) {
		ret = train();
	}
	if (ret == 0) {
		ret = test(&old_after, &new_after);
	}
	if (ret != 0) {
		printf("FAIL (%d)\n", ret);
		return 0;
	}
	printf("recognised before: %d old, %d new\n", old_before, new_before);
	printf("recognised after:  %d old, %d new\n", old_after, new_after);
	printf("%s\n", new_after > new_before && old_after + 3 >= old_before ? "PASS" : "FAIL");
	return 0;
}
