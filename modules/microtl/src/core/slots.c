/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/slots.h>

#include <errno.h>
#include <string.h>

#include <microtl/snapshot.h>

#include "crc32.h"
#include "flash.h"
#include "serial.h"

#define MAGIC UINT32_C(0x534c544d) /* "MTLS" */

/* Payload goes to the flash in pieces of the largest write block. */
#define BUFFER_SIZE MICROTL_FLASH_WRITE_BLOCK_MAX

/* The two kinds of header. */
#define KIND_HEAD  1
#define KIND_RESET 2

/* As it lies in flash, little-endian. Magic, format and CRC keep their place in every format. */
struct header {
	uint32_t magic;
	uint16_t format;
	uint8_t kind;
	uint8_t zero;
	uint32_t sequence;
	uint32_t payload_size;
	uint32_t payload_crc;
	struct microtl_model_id id;
	uint32_t erase_count[MICROTL_SLOTS_COUNT];
	uint32_t crc;
};
_Static_assert(sizeof(struct header) == MICROTL_SLOTS_HEADER_SIZE, "no padding");

static uint32_t crc_of(const struct header *header)
{
	return microtl_priv_crc32(0, header, offsetof(struct header, crc));
}

static bool is_whole(const struct header *header)
{
	return header->magic == MAGIC && header->crc == crc_of(header);
}

static uint32_t slot_offset(const struct microtl_slots *slots, int slot)
{
	return slot == 0 ? 0U : slots->slot_size;
}

static uint32_t header_size(const struct microtl_slots *slots)
{
	return microtl_priv_flash_round(slots->flash, sizeof(struct header));
}

uint32_t microtl_slots_payload_offset(const struct microtl_slots *slots, int slot)
{
	return slot_offset(slots, slot) + header_size(slots);
}

static bool is_own(const struct microtl_slots *slots, int slot)
{
	return slots->slot[slot].state == MICROTL_SLOT_VALID ||
	       slots->slot[slot].state == MICROTL_SLOT_RESET;
}

static bool is_protected(const struct microtl_slots *slots, int slot)
{
	return slots->slot[slot].state == MICROTL_SLOT_FOREIGN ||
	       slots->slot[slot].state == MICROTL_SLOT_NEWER;
}

/* The own slot with the highest sequence number, a reset included; -1 where there is none. */
static int newest_own(const struct microtl_slots *slots)
{
	if (is_own(slots, 0) && is_own(slots, 1)) {
		return microtl_priv_is_newer(slots->slot[1].sequence, slots->slot[0].sequence) ? 1
											       : 0;
	}
	return is_own(slots, 0) ? 0 : is_own(slots, 1) ? 1 : -1;
}

static enum microtl_slot_state check_payload(const struct microtl_slots *slots,
					     const struct microtl_slot *slot, uint32_t offset,
					     uint8_t kind)
{
	uint32_t start = header_size(slots);
	uint32_t crc;

	if (slot->payload_size > slots->slot_size - start ||
	    microtl_priv_flash_crc32(slots->flash, offset + start, slot->payload_size, &crc) != 0 ||
	    crc != slot->payload_crc) {
		return MICROTL_SLOT_DAMAGED;
	}
	if (microtl_model_id_compare(&slot->id, &slots->id) != MICROTL_SNAPSHOT_SAME) {
		return MICROTL_SLOT_FOREIGN;
	}
	return kind == KIND_RESET ? MICROTL_SLOT_RESET : MICROTL_SLOT_VALID;
}

static void learn_erase_counts(struct microtl_slots *slots, const struct header *header)
{
	for (int i = 0; i < MICROTL_SLOTS_COUNT; i++) {
		if (header->erase_count[i] > slots->slot[i].erase_count) {
			slots->slot[i].erase_count = header->erase_count[i];
		}
	}
}

/* Whole or not, and whose: what a boot finds in a slot. */
static enum microtl_slot_state scan(struct microtl_slots *slots, struct microtl_slot *slot,
				    uint32_t offset)
{
	struct header header;

	if (microtl_priv_flash_read(slots->flash, offset, &header, sizeof(header)) != 0) {
		return MICROTL_SLOT_DAMAGED;
	}
	if (microtl_priv_flash_is_blank(slots->flash, &header, sizeof(header))) {
		return MICROTL_SLOT_EMPTY;
	}
	if (!is_whole(&header)) {
		return MICROTL_SLOT_DAMAGED;
	}
	if (header.format > MICROTL_SLOTS_FORMAT) {
		return MICROTL_SLOT_NEWER;
	}
	slot->sequence = header.sequence;
	slot->payload_size = header.payload_size;
	slot->payload_crc = header.payload_crc;
	slot->id = header.id;
	learn_erase_counts(slots, &header);
	return check_payload(slots, slot, offset, header.kind);
}

static void rescan(struct microtl_slots *slots, int index)
{
	struct microtl_slot *slot = &slots->slot[index];

	slot->sequence = 0;
	slot->payload_size = 0;
	slot->state = scan(slots, slot, slot_offset(slots, index));
}

int microtl_slots_init(struct microtl_slots *slots, const struct microtl_flash *flash,
		       uint32_t slot_size, const struct microtl_model_id *id)
{
	if (!microtl_priv_flash_valid(flash, slot_size) ||
	    slot_size <= microtl_priv_flash_round(flash, sizeof(struct header))) {
		return -EINVAL;
	}
	*slots = (struct microtl_slots){
		.flash = flash,
		.id = *id,
		.slot_size = slot_size,
		.writing = -1,
	};
	rescan(slots, 0);
	rescan(slots, 1);
	return 0;
}

bool microtl_slots_header_at(const struct microtl_flash *flash, uint32_t offset)
{
	struct header header;

	return microtl_priv_flash_read(flash, offset, &header, sizeof(header)) == 0 &&
	       is_whole(&header);
}

int microtl_slots_newest(const struct microtl_slots *slots)
{
	int newest = newest_own(slots);

	return newest >= 0 && slots->slot[newest].state == MICROTL_SLOT_VALID ? newest : -ENOENT;
}

int microtl_slots_read(const struct microtl_slots *slots, int slot, size_t offset, void *data,
		       size_t size)
{
	const struct microtl_slot *from = &slots->slot[slot];

	if (from->state != MICROTL_SLOT_VALID) {
		return -ENOENT;
	}
	if (offset > from->payload_size || size > from->payload_size - offset) {
		return -EINVAL;
	}
	return microtl_priv_flash_read(slots->flash,
				       microtl_slots_payload_offset(slots, slot) + (uint32_t)offset,
				       data, size);
}

int microtl_slots_verify(struct microtl_slots *slots, int slot)
{
	if (slots->slot[slot].state != MICROTL_SLOT_VALID) {
		return -ENOENT;
	}
	rescan(slots, slot);
	return slots->slot[slot].state == MICROTL_SLOT_VALID ? 0 : -EBADMSG;
}

/* The slot is not what it was, whatever becomes of the erase. */
static int erase_slot(struct microtl_slots *slots, int slot)
{
	slots->slot[slot].state = MICROTL_SLOT_DAMAGED;
	slots->slot[slot].erase_count++;

	int ret =
		microtl_priv_flash_erase(slots->flash, slot_offset(slots, slot), slots->slot_size);
	if (ret == 0) {
		slots->slot[slot].state = MICROTL_SLOT_EMPTY;
	}
	return ret;
}

/* Later than every head that was read, another model's included. */
static uint32_t next_sequence(const struct microtl_slots *slots)
{
	uint32_t a = slots->slot[0].sequence;
	uint32_t b = slots->slot[1].sequence;

	return (microtl_priv_is_newer(a, b) ? a : b) + 1U;
}

/* Writes the header that makes a slot count, and reads it back. */
static int write_header(struct microtl_slots *slots, int index, uint8_t kind)
{
	struct microtl_slot *slot = &slots->slot[index];
	union {
		struct header header;
		uint8_t bytes[MICROTL_SLOTS_PAYLOAD_OFFSET(MICROTL_FLASH_WRITE_BLOCK_MAX)];
	} block;
	struct header *header = &block.header;

	memset(&block, slots->flash->erase_value, sizeof(block));
	header->magic = MAGIC;
	header->format = MICROTL_SLOTS_FORMAT;
	header->kind = kind;
	header->zero = 0;
	header->sequence = slot->sequence;
	header->payload_size = slot->payload_size;
	header->payload_crc = slot->payload_crc;
	header->id = slots->id;
	header->erase_count[0] = slots->slot[0].erase_count;
	header->erase_count[1] = slots->slot[1].erase_count;
	header->crc = crc_of(header);
	slot->state = MICROTL_SLOT_DAMAGED;
	int ret = microtl_priv_flash_write_checked(slots->flash, slot_offset(slots, index), &block,
						   header_size(slots));
	if (ret == 0) {
		slot->id = slots->id;
		slot->state = kind == KIND_RESET ? MICROTL_SLOT_RESET : MICROTL_SLOT_VALID;
	}
	return ret;
}

/* Where the next head goes: never over the newest, over another model's only where nothing else is.
 */
static int save_target(const struct microtl_slots *slots)
{
	int newest = newest_own(slots);

	if (newest >= 0) {
		return 1 - newest;
	}
	if (is_protected(slots, 0) != is_protected(slots, 1)) {
		return is_protected(slots, 0) ? 1 : 0;
	}
	return microtl_priv_is_newer(slots->slot[0].sequence, slots->slot[1].sequence) ? 1 : 0;
}

int microtl_slots_save_begin(struct microtl_slots *slots, bool overwrite)
{
	int target = save_target(slots);
	uint32_t sequence = next_sequence(slots);

	slots->writing = -1;
	if (is_protected(slots, target) && !overwrite) {
		return -EEXIST;
	}
	int ret = erase_slot(slots, target);
	if (ret != 0) {
		return ret;
	}
	slots->slot[target].sequence = sequence;
	slots->writing = (int8_t)target;
	slots->written = 0;
	slots->crc = 0;
	return target;
}

/* The buffer's bytes, which come before the payload's byte number slots->written. */
static int write_buffer(struct microtl_slots *slots, uint32_t size)
{
	uint32_t at = slots->written - (slots->written - 1U) % BUFFER_SIZE - 1U;

	return microtl_priv_flash_write(slots->flash,
					microtl_slots_payload_offset(slots, slots->writing) + at,
					slots->buffer, size);
}

static int abandon_save(struct microtl_slots *slots, int ret)
{
	slots->slot[slots->writing].state = MICROTL_SLOT_DAMAGED;
	slots->writing = -1;
	return ret;
}

int microtl_slots_save_write(const void *data, size_t size, void *user_data)
{
	struct microtl_slots *slots = user_data;
	const uint8_t *bytes = data;

	if (slots->writing < 0) {
		return -EINVAL;
	}
	if (size > slots->slot_size - header_size(slots) - slots->written) {
		return abandon_save(slots, -ENOSPC);
	}
	slots->crc = microtl_priv_crc32(slots->crc, data, size);
	for (size_t i = 0; i < size; i++) {
		slots->buffer[slots->written % BUFFER_SIZE] = bytes[i];
		slots->written++;
		if (slots->written % BUFFER_SIZE == 0U) {
			int ret = write_buffer(slots, BUFFER_SIZE);

			if (ret != 0) {
				return abandon_save(slots, ret);
			}
		}
	}
	return 0;
}

static int finish_payload(struct microtl_slots *slots)
{
	uint32_t used = slots->written % BUFFER_SIZE;
	uint32_t crc;
	int ret = 0;

	if (used > 0U) {
		memset(slots->buffer + used, slots->flash->erase_value, BUFFER_SIZE - used);
		ret = write_buffer(slots, microtl_priv_flash_round(slots->flash, used));
	}
	if (ret == 0) {
		ret = microtl_priv_flash_crc32(slots->flash,
					       microtl_slots_payload_offset(slots, slots->writing),
					       slots->written, &crc);
	}
	return ret != 0 || crc == slots->crc ? ret : -EIO;
}

int microtl_slots_save_end(struct microtl_slots *slots)
{
	if (slots->writing < 0) {
		return -EINVAL;
	}
	int ret = finish_payload(slots);
	if (ret == 0) {
		slots->slot[slots->writing].payload_size = slots->written;
		slots->slot[slots->writing].payload_crc = slots->crc;
		ret = write_header(slots, slots->writing, KIND_HEAD);
	}
	if (ret != 0) {
		return abandon_save(slots, ret);
	}
	slots->writing = -1;
	return 0;
}

int microtl_slots_rollback(struct microtl_slots *slots)
{
	int newest = microtl_slots_newest(slots);

	if (newest < 0 || microtl_slots_verify(slots, 1 - newest) != 0) {
		return -ENOENT;
	}
	return erase_slot(slots, newest);
}

/* Marks a slot, erased before, as the reset that came after everything else. */
static int mark_reset(struct microtl_slots *slots, int slot, uint32_t sequence)
{
	slots->slot[slot].sequence = sequence;
	slots->slot[slot].payload_size = 0;
	slots->slot[slot].payload_crc = 0;
	return write_header(slots, slot, KIND_RESET);
}

int microtl_slots_reset(struct microtl_slots *slots)
{
	int newest = newest_own(slots);
	uint32_t sequence = next_sequence(slots);

	if (newest < 0) {
		return 0;
	}
	int other = 1 - newest;
	if (slots->slot[newest].state == MICROTL_SLOT_RESET) {
		/* Reset before, perhaps cut short. */
		return is_own(slots, other) ? erase_slot(slots, other) : 0;
	}
	int keeper = is_protected(slots, other) ? newest : other;
	int ret = erase_slot(slots, keeper);
	if (ret == 0 && keeper != newest) {
		/* The mark is what resets; it notes the erase that follows. */
		slots->slot[newest].erase_count++;
		ret = mark_reset(slots, keeper, sequence);
		slots->slot[newest].erase_count--;
		return ret == 0 ? erase_slot(slots, newest) : ret;
	}
	return ret == 0 ? mark_reset(slots, keeper, sequence) : ret;
}
