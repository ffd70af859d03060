/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/replay.h>

#include <errno.h>
#include <string.h>

int microtl_replay_init(struct microtl_replay *replay, int8_t *features,
			struct microtl_replay_entry *entries, uint16_t feature_count,
			uint16_t capacity)
{
	if (feature_count == 0 || (capacity > 0 && (features == NULL || entries == NULL))) {
		return -EINVAL;
	}
	*replay = (struct microtl_replay){
		.features = features,
		.entries = entries,
		.feature_count = feature_count,
		.capacity = capacity,
	};
	return 0;
}

static int8_t *features_at(const struct microtl_replay *replay, uint16_t index)
{
	return replay->features + (size_t)index * replay->feature_count;
}

const int8_t *microtl_replay_features(const struct microtl_replay *replay, uint16_t index)
{
	return features_at(replay, index);
}

/* Serial order with wrap-around: the later of two is less than 2^31 labels ahead. */
static bool is_older(const struct microtl_replay_entry *a, const struct microtl_replay_entry *b)
{
	return (int32_t)(a->sequence - b->sequence) < 0;
}

static uint16_t class_size(const struct microtl_replay *replay, uint8_t label)
{
	return (uint16_t)(microtl_replay_class_count(replay, label, false) +
			  microtl_replay_class_count(replay, label, true));
}

uint16_t microtl_replay_class_count(const struct microtl_replay *replay, uint8_t label,
				    bool held_out)
{
	uint16_t count = 0;

	for (uint16_t i = 0; i < replay->count; i++) {
		const struct microtl_replay_entry *entry = &replay->entries[i];

		if (entry->label == label && microtl_replay_held_out(entry) == held_out) {
			count++;
		}
	}
	return count;
}

/* The class with the most samples; among equals the incoming sample's, else the lowest label. */
static uint8_t largest_class(const struct microtl_replay *replay, uint8_t incoming)
{
	struct microtl_class_set seen = {0};
	uint8_t largest = incoming;
	uint16_t most = class_size(replay, incoming);

	microtl_class_set_add(&seen, incoming);
	for (uint16_t i = 0; i < replay->count; i++) {
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
			       uint16_t recording, uint16_t *oldest)
{
	uint16_t size = 0;

	for (uint16_t i = 0; i < replay->count; i++) {
		const struct microtl_replay_entry *entry = &replay->entries[i];

		if (entry->label != label || entry->recording != recording) {
			continue;
		}
		if (size == 0 || is_older(entry, &replay->entries[*oldest])) {
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
static uint16_t victim(const struct microtl_replay *replay,
		       const struct microtl_replay_entry *incoming)
{
	uint8_t label = largest_class(replay, incoming->label);
	uint16_t chosen = 0;
	uint16_t most = 0;

	if (label == incoming->label) {
		most = recording_size(replay, label, incoming->recording, &chosen);
	}
	bool is_own = most > 0;
	for (uint16_t i = 0; i < replay->count; i++) {
		const struct microtl_replay_entry *entry = &replay->entries[i];
		uint16_t oldest = i;

		/* The chosen one's recording need not be counted again. */
		if (entry->label != label ||
		    (most > 0 && entry->recording == replay->entries[chosen].recording)) {
			continue;
		}
		uint16_t size = recording_size(replay, label, entry->recording, &oldest);
		if (size > most || (size == most && !is_own &&
				    is_older(&replay->entries[oldest], &replay->entries[chosen]))) {
			chosen = oldest;
			most = size;
			is_own = false;
		}
	}
	return chosen;
}

/* Recordings of a class in the training part or in the hold-out. */
static uint16_t recording_count(const struct microtl_replay *replay, uint8_t label, bool held_out)
{
	uint16_t count = 0;

	for (uint16_t i = 0; i < replay->count; i++) {
		const struct microtl_replay_entry *entry = &replay->entries[i];
		bool first = entry->label == label && microtl_replay_held_out(entry) == held_out;

		for (uint16_t j = 0; first && j < i; j++) {
			first = replay->entries[j].label != label ||
				replay->entries[j].recording != entry->recording;
		}
		if (first) {
			count++;
		}
	}
	return count;
}

static void return_to_training(struct microtl_replay *replay, uint16_t recording)
{
	for (uint16_t i = 0; i < replay->count; i++) {
		if (replay->entries[i].recording == recording) {
			replay->entries[i].group = MICROTL_REPLAY_TRAINING;
		}
	}
}

/*
 * Whether a new sample is held out. A recording keeps what it was given at its first sample, unless
 * a class would have nothing to train on.
 */
static bool holds_out(const struct microtl_replay *replay, uint8_t label, uint16_t recording)
{
	for (uint16_t i = 0; i < replay->count; i++) {
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

/* A place for a sample: free, or the victim's; -1 where a job holds all. */
static int32_t make_room(struct microtl_replay *replay, const struct microtl_replay_entry *incoming)
{
	if (replay->count < replay->capacity) {
		return replay->count++;
	}
	if (replay->frozen > 0) {
		replay->refused++;
		return -1;
	}
	replay->evicted++;
	return victim(replay, incoming);
}

static int32_t store(struct microtl_replay *replay, const struct microtl_replay_entry *entry,
		     const int8_t *features)
{
	if (entry->label >= MICROTL_CLASSES_MAX) {
		return -EINVAL;
	}
	if (replay->capacity == 0) {
		return -ENOMEM;
	}
	int32_t place = make_room(replay, entry);
	if (place < 0) {
		return -EBUSY;
	}
	if (!microtl_replay_held_out(entry) && replay->frozen == 0) {
		return_to_training(replay, entry->recording);
	}
	replay->entries[place] = *entry;
	if (!microtl_replay_held_out(entry)) {
		replay->entries[place].group = MICROTL_REPLAY_TRAINING;
	}
	memcpy(features_at(replay, (uint16_t)place), features, replay->feature_count);
	if ((int32_t)(entry->sequence - replay->sequence) > 0) {
		replay->sequence = entry->sequence;
	}
	return place;
}

int microtl_replay_restore(struct microtl_replay *replay, const struct microtl_replay_entry *entry,
			   const int8_t *features)
{
	int32_t place = store(replay, entry, features);

	return place < 0 ? (int)place : 0;
}

int microtl_replay_add(struct microtl_replay *replay, const int8_t *features, uint8_t label,
		       uint16_t recording, uint16_t *index)
{
	struct microtl_replay_entry entry = {
		.sequence = replay->sequence + 1U,
		.recording = recording,
		.label = label,
		.group = MICROTL_REPLAY_TRAINING,
	};

	if (holds_out(replay, label, recording)) {
		entry.group = MICROTL_REPLAY_HELD_OUT;
	}
	int32_t place = store(replay, &entry, features);
	if (place < 0) {
		return (int)place;
	}
	if (index != NULL) {
		*index = (uint16_t)place;
	}
	return 0;
}

int microtl_replay_remove_class(struct microtl_replay *replay, uint8_t label)
{
	if (replay->frozen > 0) {
		return -EBUSY;
	}
	for (uint16_t i = 0; i < replay->count;) {
		if (replay->entries[i].label != label) {
			i++;
			continue;
		}
		/* The last one moves into the gap. */
		replay->count--;
		replay->entries[i] = replay->entries[replay->count];
		memmove(features_at(replay, i), features_at(replay, replay->count),
			replay->feature_count);
		memset(features_at(replay, replay->count), 0, replay->feature_count);
		replay->entries[replay->count] = (struct microtl_replay_entry){0};
	}
	return 0;
}

/* Through volatile, so that no compiler leaves it out as a store that nobody reads. */
static bool wipe(void *memory, size_t size)
{
	volatile uint8_t *bytes = memory;
	uint8_t left = 0;

	for (size_t i = 0; i < size; i++) {
		bytes[i] = 0;
	}
	for (size_t i = 0; i < size; i++) {
		left |= bytes[i];
	}
	return left == 0;
}

int microtl_replay_forget(struct microtl_replay *replay)
{
	if (replay->frozen > 0) {
		return -EBUSY;
	}
	replay->count = 0;

	bool features_gone =
		wipe(replay->features, (size_t)replay->capacity * replay->feature_count);
	bool entries_gone = wipe(replay->entries, replay->capacity * sizeof(*replay->entries));
	return features_gone && entries_gone ? 0 : -EIO;
}

int microtl_replay_freeze(struct microtl_replay *replay)
{
	if (replay->frozen > 0) {
		return -EALREADY;
	}
	if (replay->count == 0) {
		return -ENODATA;
	}
	replay->frozen = replay->count;
	return 0;
}

void microtl_replay_thaw(struct microtl_replay *replay)
{
	for (uint16_t i = 0; i < replay->frozen; i++) {
		if (!microtl_replay_held_out(&replay->entries[i])) {
			replay->entries[i].group = MICROTL_REPLAY_TRAINING;
		}
	}
	replay->frozen = 0;
}
