/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "learning.h"

#include <errno.h>
#include <string.h>

#include "layers.h"
#include "serial.h"

void microtl_learning_class_record(const struct microtl_learning *learning, uint8_t label,
				   struct microtl_replay_log_record *record)
{
	bool named = microtl_learning_class_name(learning, label) != NULL;

	*record = (struct microtl_replay_log_record){
		.kind = named ? MICROTL_REPLAY_LOG_CLASS_ADD : MICROTL_REPLAY_LOG_CLASS_REMOVE,
		.entry = {.sequence = learning->replay.sequence, .label = label},
		.name = named ? &learning->memory.names[label] : NULL,
	};
}

void microtl_learning_sample_record(const struct microtl_learning *learning, uint16_t index,
				    struct microtl_replay_log_record *record)
{
	*record = (struct microtl_replay_log_record){
		.kind = MICROTL_REPLAY_LOG_SAMPLE,
		.entry = learning->replay.entries[index],
		.features = microtl_replay_features(&learning->replay, index),
	};
}

static void restore_sample(struct microtl_learning *learning,
			   const struct microtl_replay_log_record *record)
{
	uint8_t label = record->entry.label;

	if (microtl_learning_class_name(learning, label) == NULL ||
	    microtl_replay_restore(&learning->replay, &record->entry, record->features) != 0) {
		return;
	}
	learning->labelled = true;
	if (microtl_priv_has_ncm(learning)) {
		(void)microtl_ncm_add(&learning->ncm, record->features, label);
	}
}

/* What a loaded head knows of already changes no name, but the samples of before are gone. */
static void restore_class(struct microtl_learning *learning,
			  const struct microtl_replay_log_record *record)
{
	const char *name = record->name == NULL ? "" : record->name->text;
	uint8_t label = record->entry.label;
	bool is_later = microtl_priv_is_newer(record->entry.sequence, learning->loaded_sequence);

	if (label >= microtl_priv_class_rows(learning->active.spec)) {
		return;
	}
	if (is_later && strcmp(learning->memory.names[label].text, name) != 0) {
		microtl_priv_row_name(learning, label, name);
	} else if (record->name == NULL) {
		microtl_priv_row_forget(learning, label);
	}
	if (microtl_priv_is_newer(record->entry.sequence, learning->replay.sequence)) {
		learning->replay.sequence = record->entry.sequence;
	}
}

int microtl_learning_restore(const struct microtl_replay_log_record *record, void *user_data)
{
	struct microtl_learning *learning = user_data;

	if (record->kind == MICROTL_REPLAY_LOG_SAMPLE) {
		restore_sample(learning, record);
	} else {
		restore_class(learning, record);
	}
	return 0;
}

/* Place of the sample that comes after a sequence number, -1 where there is none. */
static int32_t next_sample(const struct microtl_replay *replay, uint32_t after, bool first)
{
	int32_t next = -1;

	for (uint32_t i = 0; i < replay->count; i++) {
		uint32_t sequence = replay->entries[i].sequence;

		if ((first || microtl_priv_is_newer(sequence, after)) &&
		    (next < 0 || microtl_priv_is_newer(replay->entries[next].sequence, sequence))) {
			next = (int32_t)i;
		}
	}
	return next;
}

int microtl_learning_list(struct microtl_replay_log_record *record, void *user_data)
{
	struct microtl_learning_listing *listing = user_data;
	const struct microtl_learning *learning = listing->learning;

	if (listing->next_label < microtl_priv_class_rows(learning->active.spec)) {
		microtl_learning_class_record(learning, (uint8_t)listing->next_label++, record);
		return 0;
	}
	int32_t next = next_sample(&learning->replay, listing->last_sequence, listing->listed == 0);
	if (next < 0) {
		return -ENOENT;
	}
	listing->listed++;
	listing->last_sequence = learning->replay.entries[next].sequence;
	microtl_learning_sample_record(learning, (uint16_t)next, record);
	return 0;
}
