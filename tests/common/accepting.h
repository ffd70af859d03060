/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** A gate for tests that want heads to change, whatever was learned. */

#ifndef ACCEPTING_H_
#define ACCEPTING_H_

#include <microtl/learner.h>

/** Lets a learner's trainings be accepted, until it is set up anew. */
static inline void accept_everything(struct microtl_learner *learner)
{
	static struct microtl_fit_config config;

	config = *learner->learning.config;
	config.gate.accuracy_margin = 1.0f;
	config.gate.loss_margin = 100.0f;
	config.gate.recall_min = 0.0f;
	config.gate.base_margin = 1.0f;
	config.gate.gain_sigmas = 0.0f;
	config.gate.coverage = 0.0f;
	config.gate.old_min = 0;
	config.gate.new_min = 0;
	config.gate.own_min = 0;
	learner->learning.config = &config;
}

#endif /* ACCEPTING_H_ */
