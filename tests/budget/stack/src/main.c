/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Infers, labels, trains, and says how much stack that took: compared with the bound. */

#include <zephyr/kernel.h>
#include <zephyr/sys/printk.h>

#include <microtl/trainer.h>

#include "digits.h"
#include "samples.h"

#define NEW_DIGIT "9"

MICROTL_LEARNER_DEFINE(learner, digits, DIGITS);

static K_SEM_DEFINE(inferred, 0, 1);
static int result;

static int teach(void)
{
	uint8_t label;
	int ret = microtl_learner_class_add(&learner, NEW_DIGIT, &label);

	for (size_t i = 0; ret == 0 && i < SAMPLES_TAUGHT; i++) {
		struct microtl_inference inference;

		ret = microtl_learner_infer(&learner, samples_taught[i], NULL, &inference,
					    K_FOREVER);
		if (ret == 0) {
			ret = microtl_learner_label(&learner, inference.token, label,
						    i / SAMPLES_RECORDING_LENGTH);
		}
	}
	return ret;
}

static void infer(void *a, void *b, void *c)
{
	ARG_UNUSED(a);
	ARG_UNUSED(b);
	ARG_UNUSED(c);
	result = teach();
	k_sem_give(&inferred);
	k_sleep(K_FOREVER);
}

/* A thread that does nothing else, so that its stack is the stack of inference and labels. */
K_THREAD_DEFINE(inference, 2048, infer, NULL, NULL, NULL, 5, 0, 0);

int main(void)
{
	size_t unused = 0, size = 0;

	(void)k_sem_take(&inferred, K_FOREVER);
	if (result == 0) {
		result = microtl_train_start(&learner, 1);
	}
	if (result == 0) {
		result = microtl_train_wait(&learner, K_FOREVER);
	}
	if (result == 0) {
		result = microtl_trainer_stack(&unused, &size);
	}
	printk("stack of microtl_trainer: %u of %u\n", (unsigned int)(size - unused),
	       (unsigned int)size);
	size = 2048;
	(void)k_thread_stack_space_get(inference, &unused);
	printk("stack of inference: %u of %u\n", (unsigned int)(size - unused), (unsigned int)size);
	printk("%s %d\n", result == 0 ? "PASS" : "FAIL", result);
	return 0;
}
