/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief What a training costs: wall time, the trainer thread's own time, energy; and its limits.
 */

#ifndef MICROTL_METER_H_
#define MICROTL_METER_H_

#include <microtl/learner.h>

struct microtl_meter {
	/** Uptime at the start, moved on by every pause. */
	int64_t start_ms;
	int64_t stopped_ms;
	/** Run time of the thread at the start, moved on by what it counted in sleeps and pauses.
	 */
	uint64_t start_us;
	uint64_t stopped_us;
};

/** @brief Begin, in the trainer thread. */
void microtl_priv_meter_start(struct microtl_meter *meter);

/** @brief A pause begins, ends. */
void microtl_priv_meter_stop(struct microtl_meter *meter);
void microtl_priv_meter_go_on(struct microtl_meter *meter);

/** @brief Note time and energy so far. */
void microtl_priv_meter_read(const struct microtl_meter *meter,
			     struct microtl_train_status *status);

/** @return 0, or -ETIMEDOUT where the training took more than Kconfig allows. */
int microtl_priv_meter_check(const struct microtl_train_status *status);

/** @brief Let other threads run: sleep for the thread's share of the CPU. */
void microtl_priv_meter_yield(struct microtl_meter *meter);

#endif /* MICROTL_METER_H_ */
