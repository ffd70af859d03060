/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "flash.h"

#include <errno.h>
#include <string.h>

#include "crc32.h"

/* Bytes on the stack while a stretch is read. */
#define CHUNK_SIZE 64U

bool microtl_priv_flash_valid(const struct microtl_flash *flash, uint32_t part_size)
{
	uint32_t block = flash->write_block;

	return block >= 1U && block <= MICROTL_FLASH_WRITE_BLOCK_MAX &&
	       (block & (block - 1U)) == 0U && flash->page_size > 0U &&
	       flash->page_size % block == 0U && part_size > 0U &&
	       part_size % flash->page_size == 0U && part_size <= flash->size / 2U;
}

uint32_t microtl_priv_flash_round(const struct microtl_flash *flash, uint32_t size)
{
	return (size + flash->write_block - 1U) / flash->write_block * flash->write_block;
}

int microtl_priv_flash_read(const struct microtl_flash *flash, uint32_t offset, void *data,
			    size_t size)
{
	return flash->read(offset, data, size, flash->user_data);
}

int microtl_priv_flash_write(const struct microtl_flash *flash, uint32_t offset, const void *data,
			     size_t size)
{
	return flash->write(offset, data, size, flash->user_data);
}

int microtl_priv_flash_erase(const struct microtl_flash *flash, uint32_t offset, size_t size)
{
	return flash->erase(offset, size, flash->user_data);
}

bool microtl_priv_flash_is_blank(const struct microtl_flash *flash, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != flash->erase_value) {
			return false;
		}
	}
	return true;
}

static int read_some(size_t offset, void *data, size_t size, void *user_data)
{
	return microtl_priv_flash_read(user_data, (uint32_t)offset, data, size);
}

int microtl_priv_flash_crc32(const struct microtl_flash *flash, uint32_t offset, size_t size,
			     uint32_t *crc)
{
	return microtl_priv_crc32_read(crc, offset, size, read_some, (void *)flash);
}

static bool is_as_expected(const struct microtl_flash *flash, const uint8_t *chunk,
			   const uint8_t *expected, size_t count)
{
	return expected == NULL ? microtl_priv_flash_is_blank(flash, chunk, count)
				: memcmp(chunk, expected, count) == 0;
}

/* 0 where a stretch reads as expected, or as erased where that is NULL; -EIO where not. */
static int check(const struct microtl_flash *flash, uint32_t offset, const uint8_t *expected,
		 size_t size)
{
	uint8_t chunk[CHUNK_SIZE];
	int ret = 0;

	while (ret == 0 && size > 0) {
		size_t count = size < CHUNK_SIZE ? size : CHUNK_SIZE;

		ret = microtl_priv_flash_read(flash, offset, chunk, count);
		if (ret == 0 && !is_as_expected(flash, chunk, expected, count)) {
			ret = -EIO;
		}
		expected = expected == NULL ? NULL : expected + count;
		offset += (uint32_t)count;
		size -= count;
	}
	return ret;
}

int microtl_priv_flash_write_checked(const struct microtl_flash *flash, uint32_t offset,
				     const void *data, size_t size)
{
	int ret = microtl_priv_flash_write(flash, offset, data, size);

	return ret == 0 ? check(flash, offset, data, size) : ret;
}

int microtl_priv_flash_check_blank(const struct microtl_flash *flash, uint32_t offset, size_t size)
{
	return check(flash, offset, NULL, size);
}
