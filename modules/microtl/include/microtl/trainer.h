/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief The trainer: one thread of low priority that trains the heads of all learners in turn.
 *
 * A training works on a shadow head, in steps of one mini-batch; between two steps it can pause, be
 * cancelled, or sleep for its share of the CPU. Its set of samples is frozen at the start: labels
 * that arrive meanwhile wait for the next one. Kconfig says when a training starts by itself and
 * how much it may cost (CONFIG_MICROTL_TRAINER_*).
 *
 * Every function here is for threads only and may be called from several threads. Needs
 * CONFIG_MICROTL_TRAINER.
 */

#ifndef MICROTL_TRAINER_H_
#define MICROTL_TRAINER_H_

#include <microtl/learner.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief Queue a training. The trainer thread does it when it has no other.
 *
 * @param seed Same seed, samples and head: same result.
 *
 * @retval 0         Queued.
 * @retval -EALREADY One is queued or runs.
 * @retval -ENODATA  No labelled sample.
 * @retval <0        The learner was not set up: microtl_learner_ready().
 */
int microtl_train_start(struct microtl_learner *learner, uint64_t seed);

/**
 * @brief Pause the training after the step it is in. -ENOENT where none is queued or runs.
 *
 * The trainer thread waits until it goes on or is cancelled: trainings of other learners stay
 * queued, and heads that wait for CONFIG_MICROTL_STORE_INTERVAL_S stay unsaved.
 */
int microtl_train_pause(struct microtl_learner *learner);

/** @brief Go on with a paused training. -ENOENT where none is paused. */
int microtl_train_resume(struct microtl_learner *learner);

/**
 * @brief Cancel the training and wait until it has ended; the active head stays.
 *
 * Called from a training's callback it does not wait. Nobody is told of a training that was still
 * queued.
 *
 * @retval 0       It has ended.
 * @retval -ENOENT None is queued or runs.
 * @retval -EAGAIN The timeout passed; it will end after its step.
 */
int microtl_train_cancel(struct microtl_learner *learner, k_timeout_t timeout);

/**
 * @brief Wait until no training is queued or runs; not from a callback.
 *
 * @retval 0       None is.
 * @retval -EAGAIN The timeout passed.
 */
int microtl_train_wait(struct microtl_learner *learner, k_timeout_t timeout);

/** @brief Where the training stands. */
void microtl_train_status_get(struct microtl_learner *learner, struct microtl_train_status *status);

/**
 * @brief Set who is told about trainings; NULL: nobody.
 *
 * The callback may call every function of the learner but microtl_train_wait().
 */
void microtl_train_callback_set(struct microtl_learner *learner, microtl_train_callback callback,
				void *user_data);

/**
 * @brief Bytes of the trainer's stack that were never used, and its size.
 *
 * @retval 0        Done.
 * @retval -ENOTSUP Built without CONFIG_INIT_STACKS and CONFIG_THREAD_STACK_INFO.
 */
int microtl_trainer_stack(size_t *unused, size_t *size);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_TRAINER_H_ */
