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

/* Reads the next piece of a stretch that ends at end; 0 at its end, else its size or an errno. */
static int read_chunk(const struct microtl_flash *flash, uint32_t offset, uint32_t end,
		      uint8_t *chunk)
{
	uint32_t left = end - offset;
	uint32_t count = left < CHUNK_SIZE ? left : CHUNK_SIZE;

	if (count == 0U) {
		return 0;
	}
	int ret = microtl_priv_flash_read(flash, offset, chunk, count);
	return ret == 0 ? (int)count : ret;
}

int microtl_priv_flash_crc32(const struct microtl_flash *flash, uint32_t offset, size_t size,
			     uint32_t *crc)
{
	uint8_t chunk[CHUNK_SIZE];
	uint32_t end = offset + (uint32_t)size;
	int count;

	*crc = 0;
	while ((count = read_chunk(flash, offset, end, chunk)) > 0) {
		*crc = microtl_priv_crc32(*crc, chunk, (size_t)count);
		offset += (uint32_t)count;
	}
	return count;
}

int microtl_priv_flash_compare(const struct microtl_flash *flash, uint32_t offset, const void *data,
			       size_t size)
{
	const uint8_t *expected = data;
	uint8_t chunk[CHUNK_SIZE];
	uint32_t end = offset + (uint32_t)size;
	int count;

	while ((count = read_chunk(flash, offset, end, chunk)) > 0) {
		if (memcmp(chunk, expected, (size_t)count) != 0) {
			return -EIO;
		}
		expected += count;
		offset += (uint32_t)count;
	}
	return count;
}

int microtl_priv_flash_check_blank(const struct microtl_flash *flash, uint32_t offset, size_t size)
{
	uint8_t chunk[CHUNK_SIZE];
	uint32_t end = offset + (uint32_t)size;
	int count;

	while ((count = read_chunk(flash, offset, end, chunk)) > 0) {
		if (!microtl_priv_flash_is_blank(flash, chunk, (size_t)count)) {
			return -EIO;
		}
		offset += (uint32_t)count;
	}
	return count;
}
