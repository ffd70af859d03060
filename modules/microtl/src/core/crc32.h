/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* CRC32 of IEEE 802.3, by nibbles: 64 bytes of table. */

#ifndef MICROTL_CORE_CRC32_H_
#define MICROTL_CORE_CRC32_H_

#include <stddef.h>
#include <stdint.h>

#include <microtl/snapshot.h>

/* Goes on from an earlier result; start with 0. */
uint32_t microtl_priv_crc32(uint32_t crc, const void *data, size_t size);

/* Of a stretch that is read in small pieces; 0, or the error that ended the reading. */
int microtl_priv_crc32_read(uint32_t *crc, size_t offset, size_t size,
			    microtl_snapshot_source source, void *user_data);

#endif /* MICROTL_CORE_CRC32_H_ */
