/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** The flash of the board: wiped, as it was, damaged, or with another write block. */

#ifndef FLASH_H_
#define FLASH_H_

#include <stdbool.h>
#include <stdint.h>

/** Erases heads and labels. */
void flash_wipe(void);

/** Remembers heads and labels as they are, for flash_restore(). */
void flash_remember(void);

/** Brings back what was remembered. */
void flash_restore(void);

/** Which of the two partitions. */
enum flash_part {
	FLASH_HEADS,
	FLASH_LABELS,
};

/** Brings back what was remembered, with one bit flipped. */
void flash_restore_with_flip(enum flash_part part, uint32_t bit);

/** Brings back what was remembered, with some bytes a second time elsewhere. */
void flash_restore_with_copy(enum flash_part part, uint32_t from, uint32_t to, uint32_t size);

/** Lets reads of a byte of heads or labels fail. */
void flash_read_fails(enum flash_part part, uint32_t offset);

/** All reads succeed. */
void flash_read_works(void);

/** The driver's write block. */
uint32_t flash_real_write_block(void);

/** Boots see a write block of so many bytes, a multiple of the driver's. */
void flash_set_write_block(uint32_t size);

/** Boots see partitions that begin so many bytes later, and have so many; 0 bytes: as they are. */
void flash_set_partitions(uint32_t later, uint32_t size);

#endif /* FLASH_H_ */
