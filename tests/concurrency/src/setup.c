/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "setup.h"

#include <zephyr/ztest.h>

#include "accepting.h"
#include "samples.h"

MICROTL_LEARNER_DEFINE(learner, digits, DIGITS);

uint8_t label;

int setup_label(uint32_t image)
{
	struct microtl_inference result;
	int ret = microtl_learner_infer(&learner, samples_taught[image], NULL, &result,
					K_SECONDS(60));

	if (ret != 0) {
		return ret;
	}
	return microtl_learner_label(&learner, result.token, label,
				     (uint16_t)(image / SAMPLES_RECORDING_LENGTH));
}

void setup_learner(void)
{
	accept_everything(&learner);
	zassert_ok(microtl_learner_reset(&learner));
	zassert_ok(microtl_learner_forget(&learner));
	zassert_ok(microtl_learner_class_add(&learner, "9", &label));
	for (uint32_t i = 0; i < SAMPLES_TAUGHT; i++) {
		zassert_ok(setup_label(i));
	}
}

uint32_t setup_ended(void)
{
	struct microtl_learner_stats stats;

	microtl_learner_stats_get(&learner, &stats);
	return stats.accepted + stats.rejected + stats.undecided + stats.failed;
}
