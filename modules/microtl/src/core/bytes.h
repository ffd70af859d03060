/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Little-endian integers at any address. */

#ifndef MICROTL_CORE_BYTES_H_
#define MICROTL_CORE_BYTES_H_

#include <stdint.h>

static inline void microtl_priv_put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static inline void microtl_priv_put32(uint8_t *at, uint32_t value)
{
	microtl_priv_put16(at, (uint16_t)value);
	microtl_priv_put16(at + 2, (uint16_t)(value >> 16));
}

static inline uint16_t microtl_priv_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] | (at[1] << 8));
}

static inline uint32_t microtl_priv_get32(const uint8_t *at)
{
	return microtl_priv_get16(at) | ((uint32_t)microtl_priv_get16(at + 2) << 16);
}

#endif /* MICROTL_CORE_BYTES_H_ */
