/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/replay_log.h>

#include <errno.h>
#include <string.h>

#include "crc32.h"
#include "flash.h"
#include "serial.h"

#define MAGIC UINT32_C(0x4c52544d) /* "MTRL" */

#define HEADER_SIZE 32U

/* As it lies in flash, little-endian; a multiple of every write block. */
struct header {
	uint32_t magic;
	uint16_t format;
	uint8_t flags;
	uint8_t zero;
	uint32_t sequence;
	uint16_t feature_count;
	uint16_t zero2;
	uint32_t backbone;
	uint32_t preprocess;
	uint32_t feature;
	uint32_t crc;
};
_Static_assert(sizeof(struct header) == HEADER_SIZE, "no padding");

/* What comes before the features or the name of a record. */
struct record_prefix {
	uint8_t kind;
	uint8_t label;
	uint16_t recording;
	uint32_t sequence;
	uint8_t held_out;
	uint8_t zero[3];
};
_Static_assert(sizeof(struct record_prefix) == MICROTL_REPLAY_LOG_RECORD_SIZE(16) - 20U,
	       "no padding");

/* The area replaces one that was to be forgotten: nothing may be left outside it. */
#define FLAG_FORGET 1

/* What a header says of its area. */
enum area_state {
	AREA_NONE,
	AREA_FOREIGN,
	AREA_VALID,
	AREA_VALID_FORGET,
};

static uint32_t area_offset(const struct microtl_replay_log *log, int area)
{
	return area == 0 ? 0U : log->area_size;
}

static uint32_t record_size(const struct microtl_flash *flash, uint16_t feature_count)
{
	return microtl_priv_flash_round(flash, MICROTL_REPLAY_LOG_RECORD_SIZE(feature_count));
}

/* Bytes of a record that its CRC covers. */
static size_t crc_offset(const struct microtl_replay_log *log)
{
	return MICROTL_REPLAY_LOG_RECORD_SIZE(log->feature_count) - sizeof(uint32_t);
}

static uint32_t record_offset(const struct microtl_replay_log *log, int area, uint32_t place)
{
	return area_offset(log, area) + HEADER_SIZE + place * log->record_size;
}

uint32_t microtl_replay_log_area_size(const struct microtl_flash *flash, uint16_t feature_count,
				      uint32_t records)
{
	uint32_t size = HEADER_SIZE + records * record_size(flash, feature_count);

	return (size + flash->page_size - 1U) / flash->page_size * flash->page_size;
}

/* The header of this model's area. */
static struct header header_of(const struct microtl_replay_log *log, uint32_t sequence,
			       uint8_t flags)
{
	struct header header = {
		.magic = MAGIC,
		.format = MICROTL_REPLAY_LOG_FORMAT,
		.flags = flags,
		.sequence = sequence,
		.feature_count = log->feature_count,
		.backbone = log->id.backbone,
		.preprocess = log->id.preprocess,
		.feature = log->id.feature,
	};

	header.crc = microtl_priv_crc32(0, &header, offsetof(struct header, crc));
	return header;
}

static enum area_state read_header(const struct microtl_replay_log *log, int area,
				   uint32_t *sequence)
{
	struct header header;

	if (microtl_priv_flash_read(log->flash, area_offset(log, area), &header, sizeof(header)) !=
		    0 ||
	    header.magic != MAGIC ||
	    header.crc != microtl_priv_crc32(0, &header, offsetof(struct header, crc))) {
		return AREA_NONE;
	}
	*sequence = header.sequence;
	struct header own = header_of(log, header.sequence, header.flags);
	if (header.crc != own.crc) {
		return AREA_FOREIGN;
	}
	return (header.flags & FLAG_FORGET) != 0 ? AREA_VALID_FORGET : AREA_VALID;
}

static int erase_area(struct microtl_replay_log *log, int area)
{
	log->foreign[area] = false;
	return microtl_priv_flash_erase(log->flash, area_offset(log, area), log->area_size);
}

/* The place behind the last one that is not blank; one that cannot be read was used. */
static uint32_t used_places(struct microtl_replay_log *log)
{
	uint32_t used = log->records_max;

	while (used > 0U) {
		int ret = microtl_priv_flash_read(log->flash,
						  record_offset(log, log->area, used - 1U),
						  log->buffer, log->record_size);

		if (ret != 0 ||
		    !microtl_priv_flash_is_blank(log->flash, log->buffer, log->record_size)) {
			break;
		}
		used--;
	}
	return used;
}

/*
 * A power cut during a forget leaves the old area behind: wipe it now. Another model's log that is
 * newer was begun since.
 */
static int finish_forget(struct microtl_replay_log *log, const uint32_t *sequence)
{
	int other = 1 - log->area;

	if ((log->foreign[other] && microtl_priv_is_newer(sequence[other], log->sequence)) ||
	    microtl_priv_flash_check_blank(log->flash, area_offset(log, other), log->area_size) ==
		    0) {
		return 0;
	}
	return erase_area(log, other);
}

int microtl_replay_log_init(struct microtl_replay_log *log, const struct microtl_flash *flash,
			    uint32_t area_size, const struct microtl_model_id *id,
			    uint16_t feature_count, uint8_t *buffer, size_t buffer_size)
{
	enum area_state state[2];
	uint32_t sequence[2] = {0, 0};

	if (!microtl_priv_flash_valid(flash, area_size) || feature_count == 0 || buffer == NULL ||
	    buffer_size < record_size(flash, feature_count) ||
	    area_size < HEADER_SIZE + record_size(flash, feature_count)) {
		return -EINVAL;
	}
	*log = (struct microtl_replay_log){
		.flash = flash,
		.id = *id,
		.area_size = area_size,
		.feature_count = feature_count,
		.area = -1,
		.buffer = buffer,
		.record_size = record_size(flash, feature_count),
	};
	log->records_max = (area_size - HEADER_SIZE) / log->record_size;

	for (int i = 0; i < 2; i++) {
		state[i] = read_header(log, i, &sequence[i]);
		log->foreign[i] = state[i] == AREA_FOREIGN;
		if (state[i] >= AREA_VALID &&
		    (log->area < 0 || microtl_priv_is_newer(sequence[i], log->sequence))) {
			log->area = (int8_t)i;
			log->sequence = sequence[i];
		}
	}
	if (log->area < 0) {
		/* A first area comes after those of other models. */
		log->sequence =
			microtl_priv_is_newer(sequence[1], sequence[0]) ? sequence[1] : sequence[0];
		return 0;
	}
	log->records = used_places(log);
	return state[log->area] == AREA_VALID_FORGET ? finish_forget(log, sequence) : 0;
}

/* A record's bytes, in log->buffer: prefix, features or name, CRC, padding. */
static void put_record(struct microtl_replay_log *log,
		       const struct microtl_replay_log_record *record)
{
	const struct record_prefix prefix = {
		.kind = (uint8_t)record->kind,
		.label = record->entry.label,
		.recording = record->entry.recording,
		.sequence = record->entry.sequence,
		.held_out = microtl_replay_held_out(&record->entry) ? 1 : 0,
	};
	size_t crc_at = crc_offset(log);

	memset(log->buffer, 0, crc_at);
	memset(log->buffer + crc_at, log->flash->erase_value, log->record_size - crc_at);
	memcpy(log->buffer, &prefix, sizeof(prefix));
	if (record->features != NULL) {
		memcpy(log->buffer + sizeof(prefix), record->features, log->feature_count);
	} else if (record->name != NULL) {
		memcpy(log->buffer + sizeof(prefix), record->name, sizeof(*record->name));
	}
	uint32_t crc = microtl_priv_crc32(0, log->buffer, crc_at);
	memcpy(log->buffer + crc_at, &crc, sizeof(crc));
}

/* Takes log->buffer apart; false where it is no whole record. */
static bool get_record(struct microtl_replay_log *log, struct microtl_replay_log_record *record,
		       struct microtl_class_name *name)
{
	struct record_prefix prefix;
	uint32_t crc;

	memcpy(&prefix, log->buffer, sizeof(prefix));
	memcpy(&crc, log->buffer + crc_offset(log), sizeof(crc));
	if (crc != microtl_priv_crc32(0, log->buffer, crc_offset(log)) ||
	    prefix.kind < MICROTL_REPLAY_LOG_SAMPLE ||
	    prefix.kind > MICROTL_REPLAY_LOG_CLASS_REMOVE) {
		return false;
	}
	*record = (struct microtl_replay_log_record){
		.kind = (enum microtl_replay_log_kind)prefix.kind,
		.entry =
			{
				.label = prefix.label,
				.recording = prefix.recording,
				.sequence = prefix.sequence,
				.group = prefix.held_out == 1 ? MICROTL_REPLAY_HELD_OUT
							      : MICROTL_REPLAY_TRAINING,
			},
	};
	if (record->kind == MICROTL_REPLAY_LOG_SAMPLE) {
		record->features = (const int8_t *)(log->buffer + sizeof(prefix));
	} else if (record->kind == MICROTL_REPLAY_LOG_CLASS_ADD) {
		memcpy(name, log->buffer + sizeof(prefix), sizeof(*name));
		name->text[MICROTL_CLASS_NAME_MAX] = '\0';
		record->name = name;
	}
	return true;
}

int microtl_replay_log_read(struct microtl_replay_log *log, microtl_replay_log_visitor visitor,
			    void *user_data)
{
	struct microtl_replay_log_record record;
	struct microtl_class_name name;

	log->damaged = 0;
	for (uint32_t place = 0; log->area >= 0 && place < log->records; place++) {
		int ret = microtl_priv_flash_read(log->flash, record_offset(log, log->area, place),
						  log->buffer, log->record_size);

		if (ret != 0 || !get_record(log, &record, &name)) {
			log->damaged++;
			continue;
		}
		ret = visitor(&record, user_data);
		if (ret != 0) {
			return ret;
		}
	}
	return 0;
}

static int write_record(struct microtl_replay_log *log, int area, uint32_t place,
			const struct microtl_replay_log_record *record)
{
	put_record(log, record);
	return microtl_priv_flash_write_checked(log->flash, record_offset(log, area, place),
						log->buffer, log->record_size);
}

/* The header makes an area the one in use. */
static int switch_area(struct microtl_replay_log *log, int area, uint32_t records, uint8_t flags)
{
	struct header header = header_of(log, log->sequence + 1U, flags);
	int ret = microtl_priv_flash_write_checked(log->flash, area_offset(log, area), &header,
						   sizeof(header));

	if (ret == 0) {
		log->area = (int8_t)area;
		log->sequence++;
		log->records = records;
	}
	return ret;
}

/* The area not in use; without one in use, an area that may be overwritten. */
static int free_area(const struct microtl_replay_log *log)
{
	if (log->area >= 0) {
		return 1 - log->area;
	}
	return log->foreign[0] && !log->overwrite ? 1 : 0;
}

static bool same_event(const struct microtl_replay_log_record *a,
		       const struct microtl_replay_log_record *b)
{
	return a->kind == b->kind && a->entry.sequence == b->entry.sequence &&
	       a->entry.label == b->entry.label;
}

/* *listed: the event was among what is known. */
static int compact(struct microtl_replay_log *log, microtl_replay_log_lister lister,
		   void *user_data, const struct microtl_replay_log_record *event, bool *listed)
{
	struct microtl_replay_log_record record;
	int area = free_area(log);
	uint32_t records = 0;

	if (log->foreign[area] && !log->overwrite) {
		return -EEXIST;
	}
	int ret = erase_area(log, area);
	while (ret == 0) {
		ret = lister(&record, user_data);
		if (ret != 0) {
			break;
		}
		*listed = *listed || (event != NULL && same_event(&record, event));
		ret = records < log->records_max ? write_record(log, area, records, &record)
						 : -ENOSPC;
		records++;
	}
	return ret == -ENOENT ? switch_area(log, area, records, 0) : ret;
}

int microtl_replay_log_compact(struct microtl_replay_log *log, microtl_replay_log_lister lister,
			       void *user_data)
{
	bool listed = false;

	return compact(log, lister, user_data, NULL, &listed);
}

int microtl_replay_log_append(struct microtl_replay_log *log,
			      const struct microtl_replay_log_record *record,
			      microtl_replay_log_lister lister, void *user_data)
{
	if (log->area < 0 || log->records == log->records_max) {
		bool listed = false;
		int ret = compact(log, lister, user_data, record, &listed);

		if (ret != 0 || listed) {
			return ret;
		}
		if (log->records == log->records_max) {
			return -ENOSPC;
		}
	}
	/* The place is used even where the write fails: no block is programmed twice. */
	return write_record(log, log->area, log->records++, record);
}

int microtl_replay_log_forget(struct microtl_replay_log *log)
{
	int keep = log->area >= 0 ? 1 - log->area : 0;
	int ret = erase_area(log, keep);

	if (ret == 0) {
		ret = switch_area(log, keep, 0, FLAG_FORGET);
	}
	if (ret == 0) {
		ret = erase_area(log, 1 - keep);
	}
	if (ret == 0) {
		ret = microtl_priv_flash_check_blank(log->flash, area_offset(log, 1 - keep),
						     log->area_size);
	}
	if (ret == 0) {
		ret = microtl_priv_flash_check_blank(log->flash,
						     area_offset(log, keep) + HEADER_SIZE,
						     log->area_size - HEADER_SIZE);
	}
	return ret;
}
