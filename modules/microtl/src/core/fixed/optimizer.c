/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "optimizer.h"

#include <errno.h>
#include <string.h>

#include "build_options.h"
#include "dense.h"
#include "mathf.h"

#define ONE       MICROTL_REAL(1.0)
/* How far a feature of 1 may move a weight in the end: rate / (1 - momentum). */
#define REACH_MAX MICROTL_REAL(4.0)

static bool unit(microtl_real_t x)
{
	return x >= 0 && x < ONE;
}

static microtl_real_t momentum_of(const struct microtl_optimizer_config *config)
{
	return config->kind == MICROTL_OPTIMIZER_MOMENTUM ? config->momentum : 0;
}

static int64_t reach_of(const struct microtl_optimizer_config *config)
{
	return (int64_t)config->learning_rate * ONE / (ONE - momentum_of(config));
}

bool microtl_priv_optimizer_valid(const struct microtl_optimizer_config *config)
{
	return config->kind <= MICROTL_OPTIMIZER_MOMENTUM &&
	       config->schedule == MICROTL_SCHEDULE_CONSTANT && config->learning_rate > 0 &&
	       config->weight_decay >= 0 && unit(momentum_of(config)) && unit(config->error_min) &&
	       reach_of(config) <= REACH_MAX;
}

/*
 * A velocity has the fraction bits of a weight, less one for each doubling of the reach above 1/32:
 * features stay below 32, so velocities keep to 24 bits, and their product with the momentum to 32.
 * Momentum is rounded to 8 fraction bits, the rate such that the reach stays what it is.
 */
static void work_out(struct microtl_optimizer *optimizer)
{
	int64_t reach = reach_of(optimizer->config);
	int32_t momentum = (momentum_of(optimizer->config) + (1 << 11)) >> (MICROTL_REAL_BITS - 8);
	int32_t bits = MICROTL_PARAM_BITS - MICROTL_REAL_BITS;

	optimizer->scale = 1;
	while (reach * 32 > (int64_t)ONE * optimizer->scale) {
		optimizer->scale *= 2;
	}
	optimizer->momentum = momentum < 255 ? momentum : 255;
	optimizer->rate = (int32_t)(reach * (256 - optimizer->momentum) * (1 << bits) /
				    (256 * (int64_t)optimizer->scale));
	optimizer->decay = microtl_priv_clamp64(
		(reach * optimizer->config->weight_decay * MICROTL_DECAY_INTERVAL) >>
		MICROTL_REAL_BITS);
	optimizer->decay = optimizer->decay < ONE ? optimizer->decay : ONE;
}

int microtl_optimizer_init(struct microtl_optimizer *optimizer,
			   const struct microtl_optimizer_config *config, microtl_param_t *state,
			   microtl_param_t *gradient, size_t params, uint32_t updates_total)
{
	if (MICROTL_WITH_CHECKS &&
	    (!microtl_priv_optimizer_valid(config) || updates_total == 0 || gradient != NULL ||
	     (state == NULL && config->kind == MICROTL_OPTIMIZER_MOMENTUM))) {
		return -EINVAL;
	}
	*optimizer = (struct microtl_optimizer){
		.config = config,
		.state = config->kind == MICROTL_OPTIMIZER_MOMENTUM ? state : NULL,
		.updates_total = updates_total,
	};
	work_out(optimizer);
	if (optimizer->state != NULL) {
		memset(state, 0, params * sizeof(*state));
	}
	return 0;
}

microtl_real_t microtl_optimizer_rate(const struct microtl_optimizer *optimizer)
{
	return optimizer->config->learning_rate;
}
