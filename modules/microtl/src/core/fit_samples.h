/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Which samples a job trains on, which it judges, and in what order they are drawn. Samples are
 * numbered: the frozen replay entries first, then the base set.
 */

#ifndef MICROTL_CORE_FIT_SAMPLES_H_
#define MICROTL_CORE_FIT_SAMPLES_H_

#include <microtl/fit.h>

/* Group of the recordings that are kept apart for early stopping. */
#define MICROTL_PRIV_VALIDATION (MICROTL_REPLAY_HELD_OUT - 1)

/* Recordings a class needs before one of them is kept apart for early stopping. */
#define MICROTL_PRIV_VALIDATION_RECORDINGS 3

uint32_t microtl_priv_sample_count(const struct microtl_fit *fit);
const int8_t *microtl_priv_sample_features(const struct microtl_fit *fit, uint32_t sample);

/* MICROTL_LABEL_NONE: of the base set, whose class was removed or whose row has another one. */
uint8_t microtl_priv_sample_label(const struct microtl_fit *fit, uint32_t sample);

/* Is evidence for the gate after the training that runs. */
bool microtl_priv_sample_judges(const struct microtl_fit *fit, uint32_t sample);

/* Is evidence after some training of the job, as far as can be told at its start. */
bool microtl_priv_sample_may_judge(const struct microtl_fit *fit, uint32_t sample);

/* Is looked at for early stopping. */
bool microtl_priv_sample_validates(const struct microtl_fit *fit, uint32_t sample);

/* The job runs trainings 0..folds - 1 without a fold each, then one on all. */
bool microtl_priv_last_training(const struct microtl_fit *fit);

/* Gives every training entry of the replay memory its fold by recording; sets folds, validates. */
void microtl_priv_partition(struct microtl_fit *fit);

/* Sorts the samples of this training by class and starts the draw; sets samples, class_count. */
void microtl_priv_order_samples(struct microtl_fit *fit);

/* The next sample: classes in turn, in a new order each round; each class in its own order. */
uint16_t microtl_priv_draw(struct microtl_fit *fit);

#endif /* MICROTL_CORE_FIT_SAMPLES_H_ */
