/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/learner.h>

#include <errno.h>

#include "learner_priv.h"

/* Something that changes the head or what it learns from, where nobody trains. */
static int change(struct microtl_learner *learner, int (*action)(struct microtl_learner *))
{
	int ret = -EBUSY;

	microtl_priv_head_lock(learner);
	if (!microtl_priv_training(learner)) {
		ret = action(learner);
	}
	microtl_priv_head_unlock(learner);
	return ret;
}

static int reset(struct microtl_learner *learner)
{
	int ret = microtl_learning_reset(&learner->learning);

	if (ret == 0) {
		learner->train.unsaved = false;
	}
	return ret;
}

static int forget(struct microtl_learner *learner)
{
	int ret = microtl_learning_forget(&learner->learning);

	if (ret != -EBUSY) {
		learner->train.new_labels = 0;
	}
	return ret;
}

int microtl_learner_reset(struct microtl_learner *learner)
{
	int ret = microtl_learner_ready(learner);

	if (ret != 0) {
		return ret;
	}
	microtl_priv_store_lock(learner);
	ret = change(learner, reset);
	if (ret == 0 && IS_ENABLED(CONFIG_MICROTL_STORE)) {
		ret = microtl_priv_store_reset(learner);
	}
	/* The log may say that a factory class was removed: it is back. */
	if (ret == 0 && IS_ENABLED(CONFIG_MICROTL_STORE_REPLAY)) {
		ret = microtl_priv_log_rewrite(learner);
	}
	microtl_priv_store_unlock(learner);
	return ret;
}

int microtl_learner_forget(struct microtl_learner *learner)
{
	int ret = microtl_learner_ready(learner);

	if (ret != 0) {
		return ret;
	}
	microtl_priv_store_lock(learner);
	ret = change(learner, forget);
	if (ret == 0 && IS_ENABLED(CONFIG_MICROTL_STORE_REPLAY)) {
		ret = microtl_priv_log_forget(learner);
	}
	microtl_priv_store_unlock(learner);
	return ret;
}
