/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief What the files of the Zephyr part share.
 */

#ifndef MICROTL_LEARNER_PRIV_H_
#define MICROTL_LEARNER_PRIV_H_

#include <microtl/learner.h>

/** How a training goes, by Kconfig. */
extern const struct microtl_fit_config microtl_priv_fit_config;

/** @brief Set up a learner that is all zero, as at boot. */
void microtl_priv_set_up(const struct microtl_learner_config *config);

/** @brief Lock what answers: head and replay memory. */
void microtl_priv_head_lock(struct microtl_learner *learner);
void microtl_priv_head_unlock(struct microtl_learner *learner);

/** @brief Lock what changes classes or flash; before the head where both are locked. */
void microtl_priv_store_lock(struct microtl_learner *learner);
void microtl_priv_store_unlock(struct microtl_learner *learner);

/** @brief Lock both. */
void microtl_priv_lock(struct microtl_learner *learner);
void microtl_priv_unlock(struct microtl_learner *learner);

/** @return Whether a job runs, head mutex held; none can start while the store mutex is held. */
bool microtl_priv_training(const struct microtl_learner *learner);

/** @brief Note a duration in cycles of the kernel's clock, head mutex held. */
void microtl_priv_latency_note(struct microtl_latency *latency, uint32_t cycles);

/** @brief Trainer: begin the state of a learner. */
void microtl_priv_train_init(struct microtl_learner *learner);

/** @brief Trainer, head mutex held: an inference or a label may be what it waited for. */
void microtl_priv_train_on_score(struct microtl_learner *learner, microtl_real_t score);
void microtl_priv_train_on_label(struct microtl_learner *learner);

/** @brief Store, at boot: read the slots, then the log. */
void microtl_priv_store_init(struct microtl_learner *learner);
void microtl_priv_log_init(struct microtl_learner *learner);

/**
 * @brief Store, store mutex held: save the active head, or the trained one.
 *
 * @param slot Out, may be NULL: where it went.
 */
int microtl_priv_store_save(struct microtl_learner *learner, bool trained, bool overwrite,
			    int *slot);

/** @return Store, store mutex held: milliseconds until a save is not too early, or less than 1. */
int64_t microtl_priv_store_wait_ms(const struct microtl_learner *learner);

/** @brief Store, store mutex held: back to the factory head, in flash. */
int microtl_priv_store_reset(struct microtl_learner *learner);

/** @brief Address of a slot's parameters, NULL where heads are read into RAM. */
const microtl_param_t *microtl_priv_store_params(const struct microtl_learner *learner, int slot);

/** @brief Log, store mutex held: append what was just labelled, added or removed. */
int microtl_priv_log_sample(struct microtl_learner *learner, uint16_t index);
int microtl_priv_log_class(struct microtl_learner *learner, uint8_t label);

/** @brief Log, store mutex held: write what is known now, in place of what was. */
int microtl_priv_log_rewrite(struct microtl_learner *learner);

/** @brief Log, store mutex held: erase it; classes that were removed stay so. */
int microtl_priv_log_forget(struct microtl_learner *learner);

#endif /* MICROTL_LEARNER_PRIV_H_ */
