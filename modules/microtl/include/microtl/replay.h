/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Replay memory: labelled int8 features of fixed capacity, in memory of the caller.
 *
 * Latent replay (Pellegrini et al., IROS 2020): features are kept, not raw samples.
 *
 * - Class balanced: when full, a new sample takes the place of one of the class with the most
 *   samples. Inside that class the largest recording gives its oldest sample: windows of one
 * recording are alike, so the memory loses least, and no recording is lost before all have one
 * sample left.
 * - Hold-out by recording: one recording in eight, counted a class in order of arrival, is held out
 *   as a whole and for good; so a class needs MICROTL_REPLAY_HOLDOUT_PERIOD recordings before it
 * has a hold-out, and folds judge till then. Never by window: neighbouring windows overlap. A
 * held-out recording goes back to training only where a class would otherwise have no training
 * sample.
 * - Frozen while a job trains on it: labels that arrive meanwhile go into free room and evict
 * nothing.
 *
 * Calls must be serialised by the caller, with one exception: while frozen, the job may read the
 * frozen entries while another thread adds. Thread context.
 */

#ifndef MICROTL_REPLAY_H_
#define MICROTL_REPLAY_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microtl/head.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One recording in so many is held out. */
#define MICROTL_REPLAY_HOLDOUT_PERIOD 8

/** Groups of samples: trained on, or kept for the gate. */
#define MICROTL_REPLAY_TRAINING 0
#define MICROTL_REPLAY_HELD_OUT UINT8_MAX

/** Bytes of features for @a capacity samples of @a features values. */
#define MICROTL_REPLAY_FEATURES_SIZE(capacity, features) ((size_t)(capacity) * (size_t)(features))

/** What is known of a sample: eight bytes. */
struct microtl_replay_entry {
	/** Order of arrival, from 1; wraps after 2^32 labels. */
	uint32_t sequence;
	/** The recording (label session) it came from; unique a session, any value. */
	uint16_t recording;
	/** The class. */
	uint8_t label;
	/** MICROTL_REPLAY_TRAINING or MICROTL_REPLAY_HELD_OUT; a job numbers its folds from 0. */
	uint8_t group;
};

/** @return Whether a sample is held out for the gate. */
static inline bool microtl_replay_held_out(const struct microtl_replay_entry *entry)
{
	return entry->group == MICROTL_REPLAY_HELD_OUT;
}

/** The replay memory. Read the counters, leave the rest to the functions. */
struct microtl_replay {
	/** [capacity][feature_count] */
	int8_t *features;
	/** [capacity] */
	struct microtl_replay_entry *entries;
	uint16_t feature_count;
	uint16_t capacity;
	/** Samples stored. */
	uint16_t count;
	/** Samples that the job uses: entries [0, frozen) stay as they are. 0 while no job runs. */
	uint16_t frozen;
	/** Sequence number of the last sample. */
	uint32_t sequence;
	/** Samples that were evicted since init. */
	uint32_t evicted;
	/** Samples that were refused because a job held the memory. */
	uint32_t refused;
};

/**
 * @brief Starts an empty replay memory.
 *
 * @param features      [capacity][feature_count] bytes, or NULL with a capacity of 0.
 * @param entries       [capacity], or NULL with a capacity of 0.
 * @param feature_count Features of a sample, 1..65535.
 * @param capacity      Samples; 0 is a memory that keeps nothing.
 *
 * @retval 0       Done.
 * @retval -EINVAL A NULL pointer or no features.
 */
int microtl_replay_init(struct microtl_replay *replay, int8_t *features,
			struct microtl_replay_entry *entries, uint16_t feature_count,
			uint16_t capacity);

/**
 * @brief Stores a labelled sample, making room if need be.
 *
 * @param features  [feature_count], copied.
 * @param label     0..MICROTL_CLASSES_MAX - 1.
 * @param recording The label session that the sample belongs to.
 * @param index     Out, may be NULL: where it was stored; valid until the memory changes.
 *
 * @retval 0       Stored.
 * @retval -EINVAL Not a label.
 * @retval -ENOMEM The capacity is 0.
 * @retval -EBUSY  Full, and a job uses what is stored: nothing was stored, microtl_replay::refused
 *                 counts it. Label again after the job.
 */
int microtl_replay_add(struct microtl_replay *replay, const int8_t *features, uint8_t label,
		       uint16_t recording, uint16_t *index);

/**
 * @brief Puts a stored sample back as it was: what a log does when it is read again.
 *
 * Sequence number and hold-out come from @a entry. Same results as microtl_replay_add().
 */
int microtl_replay_restore(struct microtl_replay *replay, const struct microtl_replay_entry *entry,
			   const int8_t *features);

/** @return Features of entry @a index, which must be below microtl_replay::count. */
const int8_t *microtl_replay_features(const struct microtl_replay *replay, uint16_t index);

/**
 * @brief Counts samples of a class.
 *
 * @param label    The class.
 * @param held_out Count the hold-out instead of the training part.
 */
uint16_t microtl_replay_class_count(const struct microtl_replay *replay, uint8_t label,
				    bool held_out);

/**
 * @brief Forgets a class: removes its samples and overwrites their place.
 *
 * @retval 0      Done, also where there were none.
 * @retval -EBUSY A job uses the memory: cancel it first.
 */
int microtl_replay_remove_class(struct microtl_replay *replay, uint8_t label);

/**
 * @brief Forgets everything: overwrites the whole memory with zeros and reads it back.
 *
 * @retval 0      Done and verified.
 * @retval -EBUSY A job uses the memory: cancel it first.
 * @retval -EIO   A byte did not read back as zero.
 */
int microtl_replay_forget(struct microtl_replay *replay);

/**
 * @brief Freezes what is stored for a job, and sorts it by age.
 *
 * So what a job makes of the samples depends on them and not on the places that evictions left
 * them, and is the same after they were read from a log again.
 *
 * @retval 0         Done.
 * @retval -EALREADY A job has it already.
 * @retval -ENODATA  It is empty.
 */
int microtl_replay_freeze(struct microtl_replay *replay);

/** @brief Ends the freeze; what was added meanwhile becomes part of the memory. */
void microtl_replay_thaw(struct microtl_replay *replay);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_REPLAY_H_ */
