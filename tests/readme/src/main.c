/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The learner of README.md compiles, learns its class, and does so only from two recordings on. */

#include <zephyr/ztest.h>

#include <microtl/trainer.h>

#include "samples.h"

/* The example. */
extern struct microtl_learner learner;
int on_boot(void);
void on_session(void);
int on_window(const int8_t *window, bool waving);
int on_taught(void);

#define SESSIONS (SAMPLES_TAUGHT / SAMPLES_RECORDING_LENGTH)

/* Teach in so many sessions of the same samples, and return the verdict. */
static enum microtl_verdict teach(size_t sessions)
{
	struct microtl_train_status status;

	for (size_t i = 0; i < SAMPLES_TAUGHT; i++) {
		if (i % (SAMPLES_TAUGHT / sessions) == 0) {
			on_session();
		}
		zassert_ok(on_window(samples_taught[i], true));
	}
	zassert_ok(on_taught());
	zassert_ok(microtl_train_wait(&learner, K_FOREVER));
	microtl_train_status_get(&learner, &status);
	zassert_ok(status.error);
	return status.result.verdict;
}

static bool answers(const char *name)
{
	struct microtl_class_info info;
	uint8_t label;

	zassert_ok(microtl_learner_class_find(&learner, name, &label));
	zassert_ok(microtl_learner_class_get(&learner, label, &info));
	return info.active;
}

ZTEST(readme, test_example_learns_from_sessions)
{
	zassert_ok(on_boot());
	zassert_ok(on_boot(), "the class is there already");
	zassert_equal(teach(1), MICROTL_VERDICT_UNDECIDED);
	zassert_false(answers("wave"));

	zassert_ok(microtl_learner_forget(&learner));
	zassert_ok(on_boot());
	zassert_equal(teach(SESSIONS), MICROTL_VERDICT_ACCEPTED);
	zassert_true(answers("wave"));
	zassert_ok(on_window(samples_test[0], false));
}

ZTEST_SUITE(readme, NULL, NULL, NULL, NULL, NULL);
