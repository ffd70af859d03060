/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief One training job as a state machine that can stop after every step.
 *
 * A job trains a shadow copy of the active head on the replay memory and the base set, then asks
 * the gate. The active head is only read. Phases:
 *
 * 1. Where the hold-out is too small to judge, k folds over the replay memory, grouped by
 * recording: train without a fold, then judge on it.
 * 2. Training on everything but the hold-out.
 * 3. The gate on hold-out and base-set hold-out (and, with folds, on what they found).
 *
 * A class that has samples but no place in the active head is new: its row is imprinted from its
 * mean input before each training. Every epoch draws the classes in turn, each through its own
 * shuffled samples, so that all classes weigh the same; the base set fills up those that the replay
 * memory has few samples of.
 *
 * One step is a mini-batch, or MICROTL_FIT_EVALUATE_CHUNK judged samples, or one class prepared.
 * To pause is not to call microtl_fit_step(). The same seed, samples and heads give the same bytes.
 *
 * Calls must be serialised. While a job runs, the replay memory is frozen, the active head and the
 * base set must stay as they are, and another thread may add samples to the replay memory.
 * Thread context; uses float unless MICROTL_ARITHMETIC_FIXED.
 */

#ifndef MICROTL_FIT_H_
#define MICROTL_FIT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microtl/gate.h>
#include <microtl/head.h>
#include <microtl/optimizer.h>
#include <microtl/replay.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Samples judged in one step. */
#define MICROTL_FIT_EVALUATE_CHUNK 4

/** Folds at most. */
#define MICROTL_FIT_FOLDS_MAX 8

struct microtl_fit_config {
	struct microtl_optimizer_config optimizer;
	/** Epochs of each training, >= 1. An epoch draws as many samples as there are. */
	uint16_t epochs;
	/** Samples of a mini-batch, >= 1; more than one needs a gradient buffer. */
	uint16_t batch;
	/**
	 * Epochs without improvement after which training stops early, 0 = never. Looks at the loss
	 * of recordings kept apart from training where every class has three or more, else at the
	 * training loss; never at the gate's samples.
	 */
	uint16_t patience;
	/** Fall of the loss that counts as improvement, >= 0. */
	microtl_real_t min_improvement;
	/** Folds at most where the hold-out is too small: 2..MICROTL_FIT_FOLDS_MAX, or 0. */
	uint8_t folds;
	/** Held-out samples a class with replay samples from which no folds are needed. */
	uint16_t holdout_min;
	/**
	 * Training samples up to which the base set fills up a class of the replay memory. A small
	 * base set should always take part: few samples of one person lead astray
	 * (docs/figures.md).
	 */
	uint16_t base_fill;
	struct microtl_gate_config gate;
};

/** The defaults that held on real data, batch of one. */
#define MICROTL_FIT_CONFIG_DEFAULT                                                                 \
	{MICROTL_OPTIMIZER_CONFIG_DEFAULT, 20, 1, 0, MICROTL_REAL(1e-3), 4, 10, 40,                \
	 MICROTL_GATE_CONFIG_DEFAULT}

/**
 * Bytes of workspace of a job; to be aligned to 4.
 *
 * @param hidden  Sum of the widths of the hidden layers, 0 without.
 * @param rows    Class rows.
 * @param samples Replay capacity plus base-set size.
 */
#define MICROTL_FIT_WORKSPACE_SIZE(hidden, rows, samples)                                          \
	((sizeof(microtl_real_t) * MICROTL_STEP_SCRATCH_COUNT(hidden, rows) +                      \
	  (sizeof(struct microtl_gate_tally) + 5U) * (size_t)(rows) + 2U * (size_t)(samples) +     \
	  3U) /                                                                                    \
	 4U * 4U)

/** Memory of a job, all of the caller. P = microtl_head_param_count(). */
struct microtl_fit_memory {
	/** [P] the head in training; the result, once accepted. */
	microtl_param_t *shadow;
	/** [MICROTL_OPTIMIZER_STATE_COUNT(kind, P)], NULL with SGD. */
	microtl_param_t *state;
	/** [P], NULL with a batch of one. */
	microtl_param_t *gradient;
	/** [P] with patience: keeps the weights of the best epoch; or NULL: the last epoch's count.
	 */
	microtl_param_t *best;
	/** [workspace_size] bytes aligned to 4, MICROTL_FIT_WORKSPACE_SIZE(). */
	void *workspace;
	size_t workspace_size;
};

enum microtl_fit_state {
	/** No job. */
	MICROTL_FIT_IDLE = 0,
	MICROTL_FIT_PREPARE = 1,
	MICROTL_FIT_TRAIN = 2,
	/** After an epoch, with early stopping: loss of the recordings kept apart. */
	MICROTL_FIT_VALIDATE = 3,
	/** Samples are judged by the old and the new head. */
	MICROTL_FIT_EVALUATE = 4,
	/** The verdict is there. */
	MICROTL_FIT_DONE = 5,
	/** Ended by an error or cancelled: microtl_fit_result() says which. */
	MICROTL_FIT_FAILED = 6,
};

/** Where a job is. */
struct microtl_fit_progress {
	enum microtl_fit_state state;
	/** Training that runs: 0..trainings - 1, the last of them on everything but the hold-out.
	 */
	uint8_t training;
	uint8_t trainings;
	/** Epochs done in this training, and at most. */
	uint16_t epoch;
	uint16_t epochs;
	/** Mini-batches done in the whole job, and at most. */
	uint32_t steps;
	uint32_t steps_total;
	/** Mean training loss of the last whole epoch, -1 before it. */
	microtl_real_t loss;
};

/**
 * A job. Its fields are private. Small and often used ones come first, where the short instructions
 * of Thumb reach them.
 */
struct microtl_fit {
	enum microtl_fit_state state;
	/** Some recordings are kept apart for early stopping. */
	bool validates;
	uint8_t folds;
	uint8_t training;
	/** Classes drawn from, and place in the round. */
	uint16_t class_count;
	uint16_t class_at;
	/** Samples of this training, and how many of them this epoch has drawn. */
	uint16_t samples;
	uint16_t drawn;
	uint16_t epoch;
	/** Epochs since the lowest loss so far, which is best_loss. */
	uint16_t stale;
	/** Validation: samples of this epoch. */
	uint16_t validation_count;
	const struct microtl_fit_config *config;
	const struct microtl_head *active;
	struct microtl_replay *replay;
	const struct microtl_base_set *base;
	const struct microtl_class_set *base_classes;
	/** [samples] sample numbers, grouped by class: replay entries, then the base set's. */
	uint16_t *order;
	/** [rows] end of each class in @a order, and the next to draw. */
	uint16_t *class_end;
	uint16_t *class_next;
	/** [rows] classes that are drawn from, in the order of this round. */
	uint8_t *class_order;
	/** Where preparing, validating or judging goes on. */
	uint32_t cursor;
	uint32_t steps;
	uint32_t steps_total;
	int error;
	struct microtl_fit_memory memory;
	struct microtl_trainee trainee;
	struct microtl_optimizer optimizer;
	/** Sum over this epoch, and mean of the last whole one. */
	microtl_sum_t loss_sum;
	microtl_real_t loss;
	/** Validation: sum over this epoch. */
	microtl_sum_t validation_sum;
	microtl_real_t best_loss;
	uint64_t seed;
	uint64_t rng;
	struct microtl_gate gate;
	struct microtl_gate_result result;
	/** Classes that the replay memory has and the active head has not. */
	struct microtl_class_set new_classes;
};

/** @return Bytes of workspace: MICROTL_FIT_WORKSPACE_SIZE() of these. */
size_t microtl_fit_workspace_size(const struct microtl_head_spec *spec, uint16_t replay_capacity,
				  uint16_t base_count);

/**
 * @brief Starts a job and freezes the replay memory.
 *
 * @param config Must live as long as the job.
 * @param active The head to start from; read only, must stay as it is.
 * @param base   Base set of the model, or NULL.
 * @param base_classes Labels that still mean what they do in @a base, whose other samples are left
 *                     out; must live as long as the job, and stay as it is for classes of @a
 * active.
 * @param seed   Same seed, same result.
 *
 * @retval 0         Started; call microtl_fit_step().
 * @retval -EALREADY The replay memory is frozen: another job runs.
 * @retval -EINVAL   A value of @a config is out of range, a buffer is NULL, or a label has no row.
 * @retval -ENOMEM   The workspace is too small.
 * @retval -ENODATA  No sample to train on, or a single class with softmax.
 * @retval -ENOTSUP  The head has MICROTL_LOSS_MSE: its targets are no labels. Use microtl_step().
 */
int microtl_fit_start(struct microtl_fit *fit, const struct microtl_fit_config *config,
		      const struct microtl_fit_memory *memory, const struct microtl_head *active,
		      struct microtl_replay *replay, const struct microtl_base_set *base,
		      const struct microtl_class_set *base_classes, uint64_t seed);

/**
 * @brief Does one bounded piece of the job.
 *
 * @retval 0         Done; more to do while microtl_fit_running().
 * @retval -ERANGE   Loss or weights became NaN or infinite: the job has failed, the active head is
 *                   untouched.
 * @retval -EALREADY No job runs.
 */
int microtl_fit_step(struct microtl_fit *fit);

/**
 * @brief Tells whether the samples can bring a verdict at all; right after microtl_fit_start().
 *
 * @retval MICROTL_GATE_NONE They can.
 * @retval MICROTL_GATE_FEW_OLD, MICROTL_GATE_FEW_NEW The verdict will be undecided, for this
 * reason, whatever training comes to: cancel the job and save the energy.
 */
enum microtl_gate_reason microtl_fit_foresee(struct microtl_fit *fit);

/** @return Whether microtl_fit_step() has more to do. */
bool microtl_fit_running(const struct microtl_fit *fit);

/** @brief Ends a running job without a verdict (error -ECANCELED) and thaws the replay memory. */
void microtl_fit_cancel(struct microtl_fit *fit);

/** @brief Where the job is. */
void microtl_fit_progress(const struct microtl_fit *fit, struct microtl_fit_progress *progress);

/**
 * @brief The verdict.
 *
 * @retval 0       @a result is the gate's.
 * @retval -EBUSY  The job still runs.
 * @retval -ENODATA No job was started.
 * @retval <0      The error the job failed with (-ERANGE, -ECANCELED).
 */
int microtl_fit_result(const struct microtl_fit *fit, struct microtl_gate_result *result);

/**
 * @brief The trained head, over the shadow parameters.
 *
 * @retval 0       @a head is set; publish it only where the verdict is accepted.
 * @retval <0      As microtl_fit_result().
 */
int microtl_fit_head(const struct microtl_fit *fit, struct microtl_head *head);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_FIT_H_ */
