/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Random numbers: PCG32 (O'Neill 2014, pcg-random.org), one 64-bit word of state. */

#ifndef MICROTL_CORE_RNG_H_
#define MICROTL_CORE_RNG_H_

#include <stdint.h>

/* State for a seed and a stream: different streams of a seed are independent. */
uint64_t microtl_priv_rng_seed(uint64_t seed, uint32_t stream);

uint32_t microtl_priv_rng_next(uint64_t *rng);

/* Uniform in 0..count - 1, count >= 1; without the bias of a remainder. */
uint32_t microtl_priv_rng_below(uint64_t *rng, uint32_t count);

/* Fisher-Yates. */
void microtl_priv_shuffle_u16(uint64_t *rng, uint16_t *items, uint32_t count);
void microtl_priv_shuffle_u8(uint64_t *rng, uint8_t *items, uint32_t count);

#endif /* MICROTL_CORE_RNG_H_ */
