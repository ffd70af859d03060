/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief The flash that the store needs, as a few callbacks: a flash area, or an array in a test.
 */

#ifndef MICROTL_FLASH_H_
#define MICROTL_FLASH_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Largest write block, bytes. */
#define MICROTL_FLASH_WRITE_BLOCK_MAX 32

/**
 * @brief A flash area; the struct and what it points to live as long as its user. Offsets count
 * from its start.
 *
 * Each callback returns 0 or a negative errno. They are called in thread context and may block.
 */
struct microtl_flash {
	/** Reads any range; fails where the hardware finds an error it cannot correct. */
	int (*read)(uint32_t offset, void *data, size_t size, void *user_data);
	/** Programs erased bytes; offset and size are multiples of the write block. */
	int (*write)(uint32_t offset, const void *data, size_t size, void *user_data);
	/** Erases whole pages; offset and size are multiples of the page. */
	int (*erase)(uint32_t offset, size_t size, void *user_data);
	void *user_data;
	/** Bytes of the area. */
	uint32_t size;
	/** Erase unit, bytes. */
	uint32_t page_size;
	/** Write unit: 1, 2, 4, 8, 16 or 32 bytes. */
	uint8_t write_block;
	/** What an erased byte reads as: 0xFF on most flash. */
	uint8_t erase_value;
};

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_FLASH_H_ */
