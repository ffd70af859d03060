/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef MICROTL_TWIN_LEARNER_H_
#define MICROTL_TWIN_LEARNER_H_

#include <microtl/learning.h>

/** What is behind the handle. */
struct microtl_twin_learner {
	struct microtl_learning learning;
	/** Read by the learner: lives as long. */
	struct microtl_fit_config config;
};

#endif /* MICROTL_TWIN_LEARNER_H_ */
