/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Append-only log that carries labels and class names over a reboot.
 *
 * Two areas of whole pages, each a header and records. The one in use takes records of one size: a
 * labelled sample, a class that was added, a class that was removed; each with a CRC32, each
 * programmed once. A record that a power cut tore is skipped. When the area is full, what is still
 * known is written to the other area, whose header goes last: old log or new log, never a mixture.
 * To forget is to start an empty area and erase the other; a boot that finds this half done
 * finishes it.
 *
 * Reading the log again gives the replay memory, entry for entry: records come in order and pass
 * through the same eviction.
 *
 * Calls must be serialised. Thread context; blocks as long as the flash does.
 */

#ifndef MICROTL_REPLAY_LOG_H_
#define MICROTL_REPLAY_LOG_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microtl/flash.h>
#include <microtl/replay.h>
#include <microtl/snapshot.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MICROTL_REPLAY_LOG_FORMAT 1

/** Bytes of one record for @a features values, before it is rounded up to the write block. */
#define MICROTL_REPLAY_LOG_RECORD_SIZE(features)                                                   \
	(12U + ((features) > MICROTL_CLASS_NAME_MAX ? (features) : MICROTL_CLASS_NAME_MAX + 1U) +  \
	 4U)

enum microtl_replay_log_kind {
	MICROTL_REPLAY_LOG_SAMPLE = 1,
	MICROTL_REPLAY_LOG_CLASS_ADD = 2,
	MICROTL_REPLAY_LOG_CLASS_REMOVE = 3,
};

/** One record. */
struct microtl_replay_log_record {
	enum microtl_replay_log_kind kind;
	/** Label, recording, sequence, hold-out; class records use label and sequence. */
	struct microtl_replay_entry entry;
	/** [features] with a sample, else NULL. */
	const int8_t *features;
	/** With an added class, else NULL. */
	const struct microtl_class_name *name;
};

/** The log. Read the counters, leave the rest to the functions. */
struct microtl_replay_log {
	const struct microtl_flash *flash;
	struct microtl_model_id id;
	uint32_t area_size;
	uint16_t feature_count;
	/** Records that fit an area, and places used in the area in use. */
	uint32_t records_max;
	uint32_t records;
	/** Torn or damaged records found at the last boot. */
	uint32_t damaged;
	/** Area in use, -1 where there is none, and its number in the order of areas. */
	int8_t area;
	uint32_t sequence;
	/** Areas that hold another model's log, or a newer format's. */
	bool foreign[2];
	/** Set by the caller: such an area may be overwritten. */
	bool overwrite;
	/** [record_size] */
	uint8_t *buffer;
	uint32_t record_size;
};

/** @return Bytes of one area that can hold @a records records: whole pages. */
uint32_t microtl_replay_log_area_size(const struct microtl_flash *flash, uint16_t feature_count,
				      uint32_t records);

/** Takes a record that was read; record and what it points to live until it returns. */
typedef int (*microtl_replay_log_visitor)(const struct microtl_replay_log_record *record,
					  void *user_data);

/**
 * @brief Gives the records of what is still known, one a call: classes, then samples in ascending
 *        order of sequence.
 *
 * @return 0, -ENOENT after the last one, or another negative errno that ends the compaction.
 */
typedef int (*microtl_replay_log_lister)(struct microtl_replay_log_record *record, void *user_data);

/**
 * @brief Opens the log: finds the area in use; finishes a forget that was cut short.
 *
 * @param area_size Bytes of one area; the two lie at offset 0 and @a area_size.
 * @param id        Model of the firmware; a log of other features is no log (head id not compared).
 * @param buffer    Room for one record: MICROTL_REPLAY_LOG_RECORD_SIZE() rounded up to the write
 *                  block.
 *
 * @retval 0       Done, also where there is no log.
 * @retval -EINVAL The geometry cannot be.
 * @retval <0      What the flash returned while a forget was finished.
 */
int microtl_replay_log_init(struct microtl_replay_log *log, const struct microtl_flash *flash,
			    uint32_t area_size, const struct microtl_model_id *id,
			    uint16_t feature_count, uint8_t *buffer, size_t buffer_size);

/**
 * @brief Reads all records in order.
 *
 * @retval 0  Done; microtl_replay_log::damaged records were skipped.
 * @retval <0 What the visitor returned.
 */
int microtl_replay_log_read(struct microtl_replay_log *log, microtl_replay_log_visitor visitor,
			    void *user_data);

/**
 * @brief Appends one record; compacts first where the area is full.
 *
 * @param lister Lists what is known when the area is full: the new record included, so that one
 *               header switches from the state before it to the state after it.
 *
 * @retval 0       Stored and read back.
 * @retval -ENOSPC Does not fit even after compaction.
 * @retval -EEXIST Needs the area of another model's log: see microtl_replay_log::overwrite.
 * @retval -EIO    Did not read back as written.
 * @retval <0      What the flash or the lister returned.
 */
int microtl_replay_log_append(struct microtl_replay_log *log,
			      const struct microtl_replay_log_record *record,
			      microtl_replay_log_lister lister, void *user_data);

/**
 * @brief Writes what is known to the other area and switches to it.
 *
 * Results as microtl_replay_log_append(); on an error the area in use stays the one it was.
 */
int microtl_replay_log_compact(struct microtl_replay_log *log, microtl_replay_log_lister lister,
			       void *user_data);

/**
 * @brief Forgets everything: erases both areas, of whatever model, and reads them back.
 *
 * @retval 0    Done and verified.
 * @retval -EIO Something is left.
 * @retval <0   What the flash returned.
 */
int microtl_replay_log_forget(struct microtl_replay_log *log);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_REPLAY_LOG_H_ */
