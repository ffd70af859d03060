/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <errno.h>
#include <string.h>

#include <zephyr/logging/log.h>
#include <zephyr/storage/flash_map.h>

#include "area.h"
#include "learner_priv.h"

LOG_MODULE_DECLARE(microtl, CONFIG_MICROTL_LOG_LEVEL);

#define PARTITION DT_CHOSEN(microtl_replay)

/* Records that the log has to take: a class row each, and all samples. */
static uint32_t records_needed(const struct microtl_learner *learner)
{
	return (uint32_t)learner->learning.replay.capacity +
	       microtl_head_class_rows(learner->config->model->head);
}

static int open_log(struct microtl_learner *learner)
{
	const struct microtl_learner_config *config = learner->config;
	struct microtl_flash *flash = &learner->log_flash;
	uint16_t features = config->model->head->width[0];
	int ret = microtl_priv_area_open(learner, &learner->log_area, flash,
					 DT_FIXED_PARTITION_ID(PARTITION));

	if (ret != 0) {
		return ret;
	}
	uint32_t needed = microtl_replay_log_area_size(flash, features, records_needed(learner));
	if (flash->size / 2U < needed) {
		LOG_ERR("%s: microtl,replay has %u bytes, %u of them for it; two logs need %u",
			config->name, (unsigned int)learner->log_area.partition->fa_size,
			flash->size, 2U * needed);
		return -ENOSPC;
	}
	return microtl_replay_log_init(&learner->log, flash, flash->size / 2U, &config->model->id,
				       features, config->record, config->record_size);
}

void microtl_priv_log_init(struct microtl_learner *learner)
{
	const struct microtl_class_set *classes = &learner->learning.active.classes;
	struct microtl_class_set loaded = *classes;

	learner->log_error = open_log(learner);
	if (learner->log_error == 0) {
		learner->log_error = microtl_replay_log_read(
			&learner->log, microtl_learning_restore, &learner->learning);
	}
	/* A class went after the head was stored: the active head has no place for it. */
	if (memcmp(classes, &loaded, sizeof(loaded)) != 0) {
		learner->train.unsaved = true;
	}
	if (learner->log_error != 0) {
		LOG_ERR("Could not read the labels of %s (%d)", learner->config->name,
			learner->log_error);
	} else if (learner->log.damaged > 0) {
		LOG_WRN("%s: %u damaged records in the log: left out", learner->config->name,
			learner->log.damaged);
	}
}

static int append(struct microtl_learner *learner, const struct microtl_replay_log_record *record)
{
	struct microtl_learning_listing listing = {.learning = &learner->learning};

	if (learner->log_error != 0) {
		return -ENODEV;
	}
	int ret = microtl_replay_log_append(&learner->log, record, microtl_learning_list, &listing);

	if (ret == 0) {
		microtl_priv_head_lock(learner);
		learner->stats.flash_writes++;
		microtl_priv_head_unlock(learner);
	} else {
		LOG_ERR("Could not store a label of %s (%d)", learner->config->name, ret);
	}
	return ret;
}

int microtl_priv_log_sample(struct microtl_learner *learner, uint16_t index)
{
	struct microtl_replay_log_record record;

	microtl_learning_sample_record(&learner->learning, index, &record);
	return append(learner, &record);
}

int microtl_priv_log_class(struct microtl_learner *learner, uint8_t label)
{
	struct microtl_replay_log_record record;

	microtl_learning_class_record(&learner->learning, label, &record);
	return append(learner, &record);
}

int microtl_priv_log_rewrite(struct microtl_learner *learner)
{
	struct microtl_learning_listing listing = {.learning = &learner->learning};

	if (learner->log_error != 0 || learner->log.records == 0) {
		return 0;
	}
	return microtl_replay_log_compact(&learner->log, microtl_learning_list, &listing);
}

/* The stored head may have classes that the active one has no more: they are to stay away. */
static int log_removed(struct microtl_learner *learner)
{
	uint16_t rows = microtl_head_class_rows(learner->config->model->head);
	int ret = 0;

	for (uint16_t row = 0; ret == 0 && row < rows; row++) {
		if (microtl_learning_class_name(&learner->learning, (uint8_t)row) == NULL) {
			ret = microtl_priv_log_class(learner, (uint8_t)row);
		}
	}
	return ret;
}

int microtl_priv_log_forget(struct microtl_learner *learner)
{
	if (learner->log_error != 0) {
		return -ENODEV;
	}
	int ret = microtl_replay_log_forget(&learner->log);

	return ret == 0 && learner->train.unsaved ? log_removed(learner) : ret;
}
