/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/replay.h>

#include <errno.h>
#include <string.h>

#include "build_options.h"
#include "replay_choice.h"
#include "serial.h"

int microtl_replay_init(struct microtl_replay *replay, int8_t *features,
			struct microtl_replay_entry *entries, uint16_t feature_count,
			uint16_t capacity)
{
	if (MICROTL_WITH_CHECKS &&
	    (feature_count == 0 || (capacity > 0 && (features == NULL || entries == NULL)))) {
		return -EINVAL;
	}
	memset(replay, 0, sizeof(*replay));
	replay->features = features;
	replay->entries = entries;
	replay->feature_count = feature_count;
	replay->capacity = capacity;
	return 0;
}

static int8_t *features_at(const struct microtl_replay *replay, uint32_t index)
{
	return replay->features + (size_t)index * replay->feature_count;
}

const int8_t *microtl_replay_features(const struct microtl_replay *replay, uint16_t index)
{
	return features_at(replay, index);
}

uint16_t microtl_replay_class_count(const struct microtl_replay *replay, uint8_t label,
				    bool held_out)
{
	uint16_t count = 0;

	for (uint32_t i = 0; i < replay->count; i++) {
		const struct microtl_replay_entry *entry = &replay->entries[i];

		if (entry->label == label && microtl_replay_held_out(entry) == held_out) {
			count++;
		}
	}
	return count;
}

static void return_to_training(struct microtl_replay *replay, uint16_t recording)
{
	for (uint32_t i = 0; i < replay->count; i++) {
		if (replay->entries[i].recording == recording) {
			replay->entries[i].group = MICROTL_REPLAY_TRAINING;
		}
	}
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
	return microtl_priv_replay_victim(replay, incoming);
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
	memcpy(features_at(replay, (uint32_t)place), features, replay->feature_count);
	if (microtl_priv_is_newer(entry->sequence, replay->sequence)) {
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

	if (microtl_priv_replay_holds_out(replay, label, recording)) {
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
	for (uint32_t i = 0; i < replay->count;) {
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

static void swap_entries(struct microtl_replay *replay, uint32_t a, uint32_t b)
{
	struct microtl_replay_entry entry = replay->entries[a];
	int8_t *x = features_at(replay, a);
	int8_t *y = features_at(replay, b);

	replay->entries[a] = replay->entries[b];
	replay->entries[b] = entry;
	for (uint32_t i = 0; i < replay->feature_count; i++) {
		int8_t value = x[i];

		x[i] = y[i];
		y[i] = value;
	}
}

static void sift_down(struct microtl_replay *replay, uint32_t root, uint32_t count)
{
	const struct microtl_replay_entry *entries = replay->entries;

	for (;;) {
		uint32_t child = 2U * root + 1U;

		if (child >= count) {
			return;
		}
		if (child + 1U < count &&
		    microtl_priv_replay_is_older(&entries[child], &entries[child + 1U])) {
			child++;
		}
		if (!microtl_priv_replay_is_older(&entries[root], &entries[child])) {
			return;
		}
		swap_entries(replay, root, child);
		root = child;
	}
}

/* Heap sort, oldest first: in place, in bounded time. */
static void sort_by_age(struct microtl_replay *replay)
{
	for (uint32_t root = replay->count / 2U; root > 0U; root--) {
		sift_down(replay, root - 1U, replay->count);
	}
	for (uint32_t end = replay->count; end > 1U; end--) {
		swap_entries(replay, 0, end - 1U);
		sift_down(replay, 0U, end - 1U);
	}
}

int microtl_replay_freeze(struct microtl_replay *replay)
{
	if (replay->frozen > 0) {
		return -EALREADY;
	}
	if (replay->count == 0) {
		return -ENODATA;
	}
	sort_by_age(replay);
	replay->frozen = replay->count;
	return 0;
}

void microtl_replay_thaw(struct microtl_replay *replay)
{
	for (uint32_t i = 0; i < replay->frozen; i++) {
		if (!microtl_replay_held_out(&replay->entries[i])) {
			replay->entries[i].group = MICROTL_REPLAY_TRAINING;
		}
	}
	replay->frozen = 0;
}
