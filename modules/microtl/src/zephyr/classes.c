/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/learner.h>

#include <errno.h>

#include "learner_priv.h"

int microtl_learner_class_add(struct microtl_learner *learner, const char *name, uint8_t *label)
{
	int ret = microtl_learner_ready(learner);

	if (ret != 0) {
		return ret;
	}
	microtl_priv_store_lock(learner);
	microtl_priv_head_lock(learner);
	ret = microtl_learning_class_add(&learner->learning, name, label);
	microtl_priv_head_unlock(learner);
	if (ret == 0 && IS_ENABLED(CONFIG_MICROTL_STORE_REPLAY)) {
		ret = microtl_priv_log_class(learner, *label);
	}
	microtl_priv_store_unlock(learner);
	return ret;
}

int microtl_learner_class_remove(struct microtl_learner *learner, uint8_t label)
{
	int ret = microtl_learner_ready(learner);

	if (ret != 0) {
		return ret;
	}
	microtl_priv_store_lock(learner);
	microtl_priv_head_lock(learner);
	if (microtl_priv_training(learner)) {
		ret = -EBUSY;
	} else {
		ret = microtl_learning_class_remove(&learner->learning, label);
	}
	if (ret == 0) {
		learner->train.unsaved = true;
	}
	microtl_priv_head_unlock(learner);
	if (ret == 0 && IS_ENABLED(CONFIG_MICROTL_STORE_REPLAY)) {
		ret = microtl_priv_log_class(learner, label);
	}
	microtl_priv_store_unlock(learner);
	return ret;
}

int microtl_learner_class_find(struct microtl_learner *learner, const char *name, uint8_t *label)
{
	int ret = microtl_learner_ready(learner);

	if (ret != 0) {
		return ret;
	}
	microtl_priv_head_lock(learner);
	ret = microtl_learning_class_find(&learner->learning, name, label);
	microtl_priv_head_unlock(learner);
	return ret;
}

int microtl_learner_class_get(struct microtl_learner *learner, uint8_t label,
			      struct microtl_class_info *info)
{
	const struct microtl_learning *learning = &learner->learning;
	int ret = microtl_learner_ready(learner);

	if (ret != 0) {
		return ret;
	}
	microtl_priv_lock(learner);
	if (microtl_learning_class_name(learning, label) == NULL) {
		ret = -ENOENT;
	} else {
		*info = (struct microtl_class_info){
			.name = learning->memory.names[label],
			.active = microtl_class_set_has(&learning->active.classes, label),
			.trained_on = microtl_replay_class_count(&learning->replay, label, false),
			.held_out = microtl_replay_class_count(&learning->replay, label, true),
		};
	}
	microtl_priv_unlock(learner);
	return ret;
}

/* Whether the active head gets a sample right: 1 or 0, -1 where it is not one of those asked for.
 */
static int is_right(struct microtl_learner *learner, uint16_t index, uint8_t label, bool held_out)
{
	struct microtl_learning *learning = &learner->learning;
	const struct microtl_replay_entry *entry = &learning->replay.entries[index];
	uint8_t best;

	if (index >= learning->replay.count || entry->label != label ||
	    microtl_replay_held_out(entry) != held_out) {
		return -1;
	}
	microtl_learning_scores(learning, microtl_replay_features(&learning->replay, index),
				learner->config->scores, &best);
	return best == label ? 1 : 0;
}

void microtl_learner_recall(struct microtl_learner *learner, uint8_t label, bool held_out,
			    uint16_t *right, uint16_t *count)
{
	*right = 0;
	*count = 0;
	for (uint16_t i = 0; i < learner->learning.replay.capacity; i++) {
		microtl_priv_lock(learner);

		int found = is_right(learner, i, label, held_out);

		microtl_priv_unlock(learner);
		if (found >= 0) {
			*right = (uint16_t)(*right + found);
			(*count)++;
		}
	}
}
