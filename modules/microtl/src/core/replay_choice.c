/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "replay_choice.h"

static uint16_t class_size(const struct microtl_replay *replay, uint8_t label)
{
	return (uint16_t)(microtl_replay_class_count(replay, label, false) +
			  microtl_replay_class_count(replay, label, true));
}

/* The class with the most samples; among equals the incoming sample's, else the lowest label. */
static uint8_t largest_class(const struct microtl_replay *replay, uint8_t incoming)
{
	struct microtl_class_set seen = {0};
	uint8_t largest = incoming;
	uint16_t most = class_size(replay, incoming);

	microtl_class_set_add(&seen, incoming);
	for (uint32_t i = 0; i < replay->count; i++) {
		uint8_t label = replay->entries[i].label;

		if (microtl_class_set_has(&seen, label)) {
			continue;
		}
		microtl_class_set_add(&seen, label);

		uint16_t size = class_size(replay, label);
		if (size > most || (size == most && largest != incoming && label < largest)) {
			largest = label;
			most = size;
		}
	}
	return largest;
}

/* Samples of a class in a recording, and the oldest of them. */
static uint16_t recording_size(const struct microtl_replay *replay, uint8_t label,
			       uint16_t recording, uint32_t *oldest)
{
	uint16_t size = 0;

	for (uint32_t i = 0; i < replay->count; i++) {
		const struct microtl_replay_entry *entry = &replay->entries[i];

		if (entry->label != label || entry->recording != recording) {
			continue;
		}
		if (size == 0 || microtl_priv_replay_is_older(entry, &replay->entries[*oldest])) {
			*oldest = i;
		}
		size++;
	}
	return size;
}

/*
 * The sample that gives way: of the largest class, of its largest recording, the oldest. Among
 * equal recordings the incoming sample's own, else the one whose sample is older, so that the
 * choice does not depend on places.
 */
uint16_t microtl_priv_replay_victim(const struct microtl_replay *replay,
				    const struct microtl_replay_entry *incoming)
{
	uint8_t label = largest_class(replay, incoming->label);
	uint32_t chosen = 0;
	uint16_t most = 0;

	if (label == incoming->label) {
		most = recording_size(replay, label, incoming->recording, &chosen);
	}
	bool is_own = most > 0;
	for (uint32_t i = 0; i < replay->count; i++) {
		const struct microtl_replay_entry *entry = &replay->entries[i];
		uint32_t oldest = i;

		/* The chosen one's recording need not be counted again. */
		if (entry->label != label ||
		    (most > 0 && entry->recording == replay->entries[chosen].recording)) {
			continue;
		}
		uint16_t size = recording_size(replay, label, entry->recording, &oldest);
		if (size > most || (size == most && !is_own &&
				    microtl_priv_replay_is_older(&replay->entries[oldest],
								 &replay->entries[chosen]))) {
			chosen = oldest;
			most = size;
			is_own = false;
		}
	}
	return (uint16_t)chosen;
}

/* Recordings of a class in the training part or in the hold-out. */
static uint16_t recording_count(const struct microtl_replay *replay, uint8_t label, bool held_out)
{
	uint16_t count = 0;

	for (uint32_t i = 0; i < replay->count; i++) {
		const struct microtl_replay_entry *entry = &replay->entries[i];
		bool first = entry->label == label && microtl_replay_held_out(entry) == held_out;

		for (uint32_t j = 0; first && j < i; j++) {
			first = replay->entries[j].label != label ||
				replay->entries[j].recording != entry->recording;
		}
		if (first) {
			count++;
		}
	}
	return count;
}

/*
 * Whether a new sample is held out. A recording keeps what it was given at its first sample, unless
 * a class would have nothing to train on.
 */
bool microtl_priv_replay_holds_out(const struct microtl_replay *replay, uint8_t label,
				   uint16_t recording)
{
	for (uint32_t i = 0; i < replay->count; i++) {
		const struct microtl_replay_entry *entry = &replay->entries[i];

		if (entry->recording != recording) {
			continue;
		}
		/* A job may be reading the entries: then the recording stays what it is. */
		return microtl_replay_held_out(entry) &&
		       (replay->frozen > 0 || microtl_replay_class_count(replay, label, false) > 0);
	}

	uint16_t held = recording_count(replay, label, true);
	uint16_t trained = recording_count(replay, label, false);
	return trained >= (MICROTL_REPLAY_HOLDOUT_PERIOD - 1) * (held + 1);
}
