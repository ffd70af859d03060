/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Optimisers, and one training step of a head.
 *
 * With g the gradient of the loss, averaged over the batch, w a parameter, lr the scheduled rate:
 *
 * - SGD:      w <- w - lr g
 * - momentum: v <- momentum v - lr g,  w <- w + v
 * - Adam:     m <- b1 m + (1 - b1) g,  s <- b2 s + (1 - b2) g^2,
 *             w <- w - lr mhat / (sqrt(shat) + eps)  (mhat, shat corrected for bias as in Kingma
 *             and Ba, ICLR 2015)
 *
 * Weights decay apart from the gradient (Loshchilov and Hutter, ICLR 2019), biases do not. Decay is
 * slow, so one update in MICROTL_DECAY_INTERVAL does that of all of them at once: before it,
 * w <- (1 - d) w, d being the sum of lr decay, with momentum of lr decay / (1 - momentum), over
 * those updates. So it costs next to nothing, and ends where decay in the gradient would.
 *
 * A row of weights whose error is zero rests: neither gradient nor velocity nor moments move it. In
 * microtl_step() errors of a class, probability less target, below error_min count as zero: what is
 * learned already costs no update.
 *
 * A batch of one updates in the pass that computes the gradient and needs no gradient buffer.
 * One optimiser belongs to one training job: calls must be serialised. Thread context.
 */

#ifndef MICROTL_OPTIMIZER_H_
#define MICROTL_OPTIMIZER_H_

#include <stddef.h>
#include <stdint.h>

#include <microtl/head.h>

#ifdef __cplusplus
extern "C" {
#endif

enum microtl_optimizer_kind {
	MICROTL_OPTIMIZER_SGD = 0,
	MICROTL_OPTIMIZER_MOMENTUM = 1,
	MICROTL_OPTIMIZER_ADAM = 2,
};

/** Learning rate over the job's updates; the last update has final_rate_ratio times the first's. */
enum microtl_schedule {
	MICROTL_SCHEDULE_CONSTANT = 0,
	MICROTL_SCHEDULE_LINEAR = 1,
	/** Half a cosine from 1 to final_rate_ratio. */
	MICROTL_SCHEDULE_COSINE = 2,
};

struct microtl_optimizer_config {
	enum microtl_optimizer_kind kind;
	enum microtl_schedule schedule;
	/** > 0. */
	microtl_real_t learning_rate;
	/** Momentum, or Adam's b1: 0 <= x < 1. */
	microtl_real_t momentum;
	/** Adam's b2: 0 <= x < 1. */
	microtl_real_t beta2;
	/** Adam's eps: > 0. */
	microtl_real_t epsilon;
	/** >= 0. */
	microtl_real_t weight_decay;
	/** 0..1; not used by the constant schedule. */
	microtl_real_t final_rate_ratio;
	/** Least error of a class that microtl_step() learns from; 0 <= x < 1, 0: any. */
	microtl_real_t error_min;
};

/** Momentum with the rate that held on real data at a batch of one (use 0.03 at a batch of 8). */
#define MICROTL_OPTIMIZER_CONFIG_DEFAULT                                                           \
	{MICROTL_OPTIMIZER_MOMENTUM, MICROTL_SCHEDULE_CONSTANT, MICROTL_REAL(0.003),               \
	 MICROTL_REAL(0.9),          MICROTL_REAL(0.999),       MICROTL_REAL(1e-8),                \
	 MICROTL_REAL(1e-3),         MICROTL_REAL(0.1),         MICROTL_REAL(4e-3)}

/** Updates from one decay of the weights to the next. */
#define MICROTL_DECAY_INTERVAL 64

/** Floats of state for @a params parameters: none, one or two a parameter. */
#define MICROTL_OPTIMIZER_STATE_COUNT(kind, params) ((size_t)(kind) * (size_t)(params))

/** Floats of scratch of a step: @a hidden is the sum of the hidden widths, @a rows the class rows.
 */
#define MICROTL_STEP_SCRATCH_COUNT(hidden, rows)                                                   \
	(MICROTL_HEAD_SCRATCH_COUNT(hidden) + (hidden) + (rows) + ((hidden) + (rows) + 1) / 2)

/** State of an optimiser; every buffer belongs to the caller. */
struct microtl_optimizer {
	const struct microtl_optimizer_config *config;
	/** [MICROTL_OPTIMIZER_STATE_COUNT()], NULL with SGD. */
	microtl_param_t *state;
	/** [parameters], NULL where every batch is one sample. */
	microtl_param_t *gradient;
	/** Updates that the schedule stretches over. */
	uint32_t updates_total;
	/** Updates done. */
	uint32_t updates;
	/** Samples in the gradient buffer. */
	uint16_t samples;
#if MICROTL_ARITHMETIC_FIXED
	/** The configuration, worked out once: see core/fixed/optimizer.c. */
	int32_t rate;
	int32_t momentum;
	int32_t scale;
	microtl_real_t decay;
#else
	/** Share of the weights that decay is to take since it was last done. */
	float decay_due;
	/** Adam's b1^t and b2^t. */
	float beta1_power;
	float beta2_power;
#endif
};

/** What a step trains. */
struct microtl_trainee {
	const struct microtl_head_spec *spec;
	/** [microtl_head_param_count()] in RAM. */
	microtl_param_t *params;
	/** [microtl_step_scratch_count()] */
	microtl_real_t *scratch;
	/** Classes that take part; rows of others stay as they are. */
	struct microtl_class_set classes;
};

/** @return Floats of scratch of a step: MICROTL_STEP_SCRATCH_COUNT(). */
size_t microtl_step_scratch_count(const struct microtl_head_spec *spec);

/**
 * @brief Starts an optimiser: clears its state and gradient.
 *
 * @param params        Parameters of the head.
 * @param updates_total Updates that the job will do, for the schedule; at least 1.
 *
 * @retval 0       Done.
 * @retval -EINVAL A value of @a config is out of range, or the state it needs is NULL.
 */
int microtl_optimizer_init(struct microtl_optimizer *optimizer,
			   const struct microtl_optimizer_config *config, microtl_param_t *state,
			   microtl_param_t *gradient, size_t params, uint32_t updates_total);

/** @return The learning rate of the next update. */
microtl_real_t microtl_optimizer_rate(const struct microtl_optimizer *optimizer);

/**
 * @brief Learns one sample at once: forward, gradient and update; a batch of one.
 *
 * @param trainee  The head in training.
 * @param features [width[0]]
 * @param label    The class; not used with a target vector.
 * @param target   [class rows] target vector, or NULL.
 * @param loss     Out: the loss before the update.
 *
 * @retval 0       Done.
 * @retval -EINVAL The label takes no part.
 * @retval -ERANGE The loss is not finite; the parameters were not changed by this call.
 */
int microtl_step(struct microtl_optimizer *optimizer, struct microtl_trainee *trainee,
		 const int8_t *features, uint8_t label, const microtl_real_t *target,
		 microtl_real_t *loss);

/**
 * @brief Adds one sample's gradient to the gradient buffer; parameters stay.
 *
 * Parameters and results as microtl_step(); -EINVAL also without a gradient buffer.
 */
int microtl_step_accumulate(struct microtl_optimizer *optimizer, struct microtl_trainee *trainee,
			    const int8_t *features, uint8_t label, const microtl_real_t *target,
			    microtl_real_t *loss);

/** @brief Updates the parameters from the mean of the gradients added, then clears them. */
void microtl_step_apply(struct microtl_optimizer *optimizer, struct microtl_trainee *trainee);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_OPTIMIZER_H_ */
