/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What slots and log share: checks and small loops over the flash callbacks. */

#ifndef MICROTL_CORE_FLASH_H_
#define MICROTL_CORE_FLASH_H_

#include <stdbool.h>

#include <microtl/flash.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "What is stored lies in flash as in memory, which must be little-endian"
#endif

/* Write block, page, and two parts of part_size that fit the area. */
bool microtl_priv_flash_valid(const struct microtl_flash *flash, uint32_t part_size);

/* size rounded up to the write block. */
uint32_t microtl_priv_flash_round(const struct microtl_flash *flash, uint32_t size);

int microtl_priv_flash_read(const struct microtl_flash *flash, uint32_t offset, void *data,
			    size_t size);
int microtl_priv_flash_write(const struct microtl_flash *flash, uint32_t offset, const void *data,
			     size_t size);
int microtl_priv_flash_erase(const struct microtl_flash *flash, uint32_t offset, size_t size);

/* All bytes have the erased value. */
bool microtl_priv_flash_is_blank(const struct microtl_flash *flash, const void *data, size_t size);

/* CRC32 of a stretch, read in small pieces. */
int microtl_priv_flash_crc32(const struct microtl_flash *flash, uint32_t offset, size_t size,
			     uint32_t *crc);

/* Writes, then reads back: -EIO where that differs. */
int microtl_priv_flash_write_checked(const struct microtl_flash *flash, uint32_t offset,
				     const void *data, size_t size);

/* 0 where a stretch is erased, -EIO where not. */
int microtl_priv_flash_check_blank(const struct microtl_flash *flash, uint32_t offset, size_t size);

#endif /* MICROTL_CORE_FLASH_H_ */
