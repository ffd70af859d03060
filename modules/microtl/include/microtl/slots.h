/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Two flash slots for the learned head, safe against a power cut at any moment.
 *
 * A slot is whole erase pages: a header with its own CRC, then the payload (a snapshot). Saving
 * erases the slot not in use, writes the payload, reads it back, then writes the header and reads
 * that back. No block is programmed twice between erases. The slot with the highest sequence number
 * wins, so a power cut after any write block, or half-way through an erase, leaves the old head or
 * the new one, whole. A slot that cannot be read, or whose CRC is wrong, is damaged and left out;
 * one of another model or of a newer format is left alone until a save is told to overwrite it.
 *
 * Erase counts of both slots travel in each header; erases after the newest header was written are
 * lost with the power, so the counts are lower bounds.
 *
 * Calls must be serialised. Thread context; blocks as long as the flash does.
 */

#ifndef MICROTL_SLOTS_H_
#define MICROTL_SLOTS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microtl/flash.h>
#include <microtl/model.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MICROTL_SLOTS_FORMAT 1
#define MICROTL_SLOTS_COUNT  2

/** Bytes of a slot's header, before it is rounded up to the write block. */
#define MICROTL_SLOTS_HEADER_SIZE 48

/** Bytes from the start of a slot to its payload: a multiple of 4 and of the write block. */
#define MICROTL_SLOTS_PAYLOAD_OFFSET(write_block)                                                  \
	(((MICROTL_SLOTS_HEADER_SIZE) + (write_block) - 1U) / (write_block) * (write_block))

/** Bytes of one slot for a payload of @a payload bytes: whole pages of @a page bytes. */
#define MICROTL_SLOTS_SLOT_SIZE(payload, write_block, page)                                        \
	((MICROTL_SLOTS_PAYLOAD_OFFSET(write_block) + (payload) + (write_block) + (page) - 1U) /   \
	 (page) * (page))

enum microtl_slot_state {
	/** Erased, never used, or a save was cut short before its header. */
	MICROTL_SLOT_EMPTY = 0,
	/** Unreadable, no slot of ours, or a CRC is wrong. */
	MICROTL_SLOT_DAMAGED = 1,
	/** Whole, but written by a newer format. */
	MICROTL_SLOT_NEWER = 2,
	/** Whole, but of another model. */
	MICROTL_SLOT_FOREIGN = 3,
	/** Whole and of this model. */
	MICROTL_SLOT_VALID = 4,
	/** Whole and of this model: notes that the head was reset to the factory's. */
	MICROTL_SLOT_RESET = 5,
};

/** What is known of a slot. */
struct microtl_slot {
	enum microtl_slot_state state;
	/** Model it belongs to, with FOREIGN, VALID and RESET. */
	struct microtl_model_id id;
	uint32_t sequence;
	uint32_t payload_size;
	uint32_t payload_crc;
	/** Erases known of. */
	uint32_t erase_count;
};

/** The store. Read slot[], leave the rest to the functions. */
struct microtl_slots {
	const struct microtl_flash *flash;
	struct microtl_model_id id;
	uint32_t slot_size;
	struct microtl_slot slot[MICROTL_SLOTS_COUNT];
	/** A save under way: slot or -1, bytes so far, CRC, and the bytes that are written next. */
	int8_t writing;
	uint32_t written;
	uint32_t crc;
	uint8_t buffer[MICROTL_FLASH_WRITE_BLOCK_MAX];
};

/**
 * @brief Reads both slots: the boot. Writes nothing; a read error is a damaged slot.
 *
 * Slots lie at offset 0 and @a slot_size of the flash area.
 *
 * @param slot_size Bytes of a slot, a multiple of the page.
 * @param id        Id of the model in the firmware.
 *
 * @retval 0       Done, also where nothing is stored.
 * @retval -EINVAL The geometry cannot be: write block, page, or two slots do not fit the area.
 */
int microtl_slots_init(struct microtl_slots *slots, const struct microtl_flash *flash,
		       uint32_t slot_size, const struct microtl_model_id *id);

/**
 * @brief Whether the whole header of a slot lies at an offset of the flash area.
 *
 * Where no slot begins it is one that was written when areas or slots had other sizes.
 */
bool microtl_slots_header_at(const struct microtl_flash *flash, uint32_t offset);

/**
 * @brief The slot with the newest head of this model.
 *
 * @retval 0, 1    The slot.
 * @retval -ENOENT No head of this model is stored, or it was reset: the factory head counts.
 */
int microtl_slots_newest(const struct microtl_slots *slots);

/** @return Offset of a slot's payload in the flash area, for a head that is run in place. */
uint32_t microtl_slots_payload_offset(const struct microtl_slots *slots, int slot);

/**
 * @brief Reads from a slot's payload.
 *
 * @retval 0       Done.
 * @retval -ENOENT The slot holds no head of this model.
 * @retval -EINVAL Beyond the payload.
 * @retval <0      What the flash returned.
 */
int microtl_slots_read(const struct microtl_slots *slots, int slot, size_t offset, void *data,
		       size_t size);

/**
 * @brief Reads a slot's header and payload again and checks their CRCs.
 *
 * @retval 0        Whole.
 * @retval -ENOENT  Holds no head of this model.
 * @retval -EBADMSG Damaged; slot[] is set to that.
 */
int microtl_slots_verify(struct microtl_slots *slots, int slot);

/**
 * @brief Starts a save: erases the slot not in use.
 *
 * @param overwrite The slot not in use may hold another model's head, or a newer format's.
 *
 * @retval 0, 1    The slot that will hold the head.
 * @retval -EEXIST It holds another model's head: ask the user, then call with @a overwrite.
 * @retval <0      What the flash returned; the newest head is untouched.
 */
int microtl_slots_save_begin(struct microtl_slots *slots, bool overwrite);

/**
 * @brief Appends payload. A microtl_snapshot_sink with the store as @a user_data.
 *
 * @retval 0        Done.
 * @retval -EINVAL  No save was begun.
 * @retval -ENOSPC  The slot is full.
 * @retval <0       What the flash returned.
 */
int microtl_slots_save_write(const void *data, size_t size, void *user_data);

/**
 * @brief Ends a save: reads the payload back, writes the header, reads it back.
 *
 * @retval 0        The new head is the newest.
 * @retval -EINVAL  No save was begun.
 * @retval -EIO     Did not read back as written; the old head is still the newest.
 * @retval <0       What the flash returned; the old head is still the newest.
 */
int microtl_slots_save_end(struct microtl_slots *slots);

/**
 * @brief Goes back to the head before: erases the newest, once the other was verified.
 *
 * @retval 0       The older head is the newest now.
 * @retval -ENOENT There is no older head of this model, or it is damaged; nothing was erased.
 * @retval <0      What the flash returned.
 */
int microtl_slots_rollback(struct microtl_slots *slots);

/**
 * @brief Goes back to the factory head: erases this model's slots, the older first.
 *
 * Leaves a mark in the older slot that keeps the erase counts; another model's slot stays as it is.
 *
 * @retval 0  Done, also where nothing was stored.
 * @retval <0 What the flash returned.
 */
int microtl_slots_reset(struct microtl_slots *slots);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_SLOTS_H_ */
