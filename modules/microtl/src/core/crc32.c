/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "crc32.h"

/* Bytes on the stack while a stretch is read. */
#define CHUNK_SIZE 64U

/* Remainders of the 4-bit values by the reflected polynomial 0xedb88320. */
static const uint32_t nibble_table[16] = {
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
	0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
	0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

uint32_t microtl_priv_crc32(uint32_t crc, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		crc = (crc >> 4) ^ nibble_table[crc & 15U];
		crc = (crc >> 4) ^ nibble_table[crc & 15U];
	}
	return ~crc;
}

int microtl_priv_crc32_read(uint32_t *crc, size_t offset, size_t size,
			    microtl_snapshot_source source, void *user_data)
{
	uint8_t chunk[CHUNK_SIZE];
	int ret = 0;

	*crc = 0;
	while (ret == 0 && size > 0) {
		size_t count = size < CHUNK_SIZE ? size : CHUNK_SIZE;

		ret = source(offset, chunk, count, user_data);
		if (ret == 0) {
			*crc = microtl_priv_crc32(*crc, chunk, count);
		}
		offset += count;
		size -= count;
	}
	return ret;
}
