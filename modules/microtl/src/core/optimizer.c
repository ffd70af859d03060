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

static bool unit(float x)
{
	return x >= 0.0f && x < 1.0f;
}

bool microtl_priv_optimizer_valid(const struct microtl_optimizer_config *config)
{
	bool adam = config->kind == MICROTL_OPTIMIZER_ADAM;

	return config->kind <= MICROTL_OPTIMIZER_ADAM &&
	       microtl_priv_kind(config->kind) == config->kind &&
	       config->schedule <= (MICROTL_WITH_SCHEDULE ? MICROTL_SCHEDULE_COSINE
							  : MICROTL_SCHEDULE_CONSTANT) &&
	       config->learning_rate > 0.0f && microtl_priv_finite(config->learning_rate) &&
	       config->weight_decay >= 0.0f && microtl_priv_finite(config->weight_decay) &&
	       (config->kind == MICROTL_OPTIMIZER_SGD || unit(config->momentum)) &&
	       unit(config->error_min) &&
	       (!adam || (unit(config->beta2) && config->epsilon > 0.0f)) &&
	       (config->schedule == MICROTL_SCHEDULE_CONSTANT ||
		(config->final_rate_ratio >= 0.0f && config->final_rate_ratio <= 1.0f));
}

int microtl_optimizer_init(struct microtl_optimizer *optimizer,
			   const struct microtl_optimizer_config *config, float *state,
			   float *gradient, size_t params, uint32_t updates_total)
{
	size_t state_count = MICROTL_OPTIMIZER_STATE_COUNT(microtl_priv_kind(config->kind), params);

	if (MICROTL_WITH_CHECKS && (!microtl_priv_optimizer_valid(config) || updates_total == 0 ||
				    (state == NULL && state_count > 0))) {
		return -EINVAL;
	}
	memset(optimizer, 0, sizeof(*optimizer));
	optimizer->config = config;
	optimizer->state = state;
	optimizer->gradient = gradient;
	optimizer->updates_total = updates_total;
	if (microtl_priv_kind(config->kind) == MICROTL_OPTIMIZER_ADAM) {
		optimizer->beta1_power = 1.0f;
		optimizer->beta2_power = 1.0f;
	}
	if (state_count > 0) {
		memset(state, 0, state_count * sizeof(*state));
	}
	if (gradient != NULL) {
		memset(gradient, 0, params * sizeof(*gradient));
	}
	return 0;
}

float microtl_optimizer_rate(const struct microtl_optimizer *optimizer)
{
	const struct microtl_optimizer_config *config = optimizer->config;
	uint32_t last = optimizer->updates_total - 1U;

	if (!MICROTL_WITH_SCHEDULE || config->schedule == MICROTL_SCHEDULE_CONSTANT || last == 0U) {
		return config->learning_rate;
	}

	float done = optimizer->updates >= last ? 1.0f : (float)optimizer->updates / (float)last;
	float left = config->schedule == MICROTL_SCHEDULE_LINEAR
			     ? 1.0f - done
			     : 0.5f * (1.0f + microtl_priv_cospif(done));
	return config->learning_rate *
	       (config->final_rate_ratio + (1.0f - config->final_rate_ratio) * left);
}

/*
 * What is left of a weight after the decay of the updates since it was last done. A gradient moves
 * a weight by 1 / (1 - momentum) of its step in the long run, so decay does, too: both meet where
 * they would with decay as a part of the gradient.
 */
static float keep_of(const struct microtl_optimizer_config *config, float decay_due)
{
	if (microtl_priv_kind(config->kind) == MICROTL_OPTIMIZER_MOMENTUM) {
		decay_due /= 1.0f - config->momentum;
	}
	return decay_due < 1.0f ? 1.0f - decay_due : 0.0f;
}

void microtl_priv_optimizer_next(struct microtl_optimizer *optimizer,
				 struct microtl_priv_update *update)
{
	const struct microtl_optimizer_config *config = optimizer->config;
	float rate = microtl_optimizer_rate(optimizer);

	update->kind = config->kind;
	update->rate = rate;
	update->momentum = config->momentum;
	update->keep = 1.0f;

	optimizer->decay_due += rate * config->weight_decay;
	if ((optimizer->updates + 1U) % MICROTL_DECAY_INTERVAL == 0U) {
		update->keep = keep_of(config, optimizer->decay_due);
		optimizer->decay_due = 0.0f;
	}

	if (microtl_priv_kind(config->kind) == MICROTL_OPTIMIZER_ADAM) {
		optimizer->beta1_power *= config->momentum;
		optimizer->beta2_power *= config->beta2;
		/* Both corrections of bias moved to the rate and to eps: Kingma and Ba, section 2.
		 */
		float root = microtl_priv_sqrtf(1.0f - optimizer->beta2_power);

		update->beta2 = config->beta2;
		update->gain1 = 1.0f - config->momentum;
		update->gain2 = 1.0f - config->beta2;
		update->rate = rate * root / (1.0f - optimizer->beta1_power);
		update->epsilon = config->epsilon * root;
	}
	if (optimizer->updates < UINT32_MAX) {
		optimizer->updates++;
	}
}
