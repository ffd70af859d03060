/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The phases of a job, each a file's worth of microtl_fit_step(). */

#ifndef MICROTL_CORE_FIT_PHASES_H_
#define MICROTL_CORE_FIT_PHASES_H_

#include <microtl/fit.h>

#include "build_options.h"

/* Samples of a mini-batch. */
static inline uint16_t microtl_priv_fit_batch(const struct microtl_fit *fit)
{
	return MICROTL_WITH_BATCH ? fit->config->batch : 1U;
}

/* Epochs without improvement that are waited for, 0 = early stopping is off. */
static inline uint16_t microtl_priv_fit_patience(const struct microtl_fit *fit)
{
	return MICROTL_WITH_PATIENCE ? fit->config->patience : 0U;
}

/* Mini-batches of one training on so many samples. */
uint32_t microtl_priv_fit_steps(const struct microtl_fit *fit, uint16_t samples);

/* Begins training number 0..folds. */
void microtl_priv_fit_begin(struct microtl_fit *fit, uint8_t training);

/* The head in training. */
struct microtl_head microtl_priv_fit_shadow(const struct microtl_fit *fit);

/* One step each; 0, or the error that ends the job. */
int microtl_priv_fit_prepare(struct microtl_fit *fit);
int microtl_priv_fit_train(struct microtl_fit *fit);
int microtl_priv_fit_validate(struct microtl_fit *fit);
/* *done: the last training was judged. */
int microtl_priv_fit_evaluate(struct microtl_fit *fit, bool *done);

/* After an epoch: early stopping and best weights by its loss, then the next epoch or the
 * judgement. */
int microtl_priv_fit_end_epoch(struct microtl_fit *fit, microtl_real_t loss);

#endif /* MICROTL_CORE_FIT_PHASES_H_ */
