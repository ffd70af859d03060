/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "rng.h"

uint32_t microtl_priv_rng_next(uint64_t *rng)
{
	uint64_t state = *rng;

	*rng = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);

	uint32_t mixed = (uint32_t)(((state >> 18) ^ state) >> 27);
	uint32_t turn = (uint32_t)(state >> 59);
	return (mixed >> turn) | (mixed << ((32U - turn) & 31U));
}

uint64_t microtl_priv_rng_seed(uint64_t seed, uint32_t stream)
{
	uint64_t rng = seed ^ ((uint64_t)stream * UINT64_C(0x9e3779b97f4a7c15));

	/* Neighbouring seeds differ in few bits: let the generator spread them. */
	for (int i = 0; i < 4; i++) {
		(void)microtl_priv_rng_next(&rng);
	}
	return rng;
}

/* Lemire: "Fast Random Integer Generation in an Interval", ACM TOMACS 29 (2019). */
uint32_t microtl_priv_rng_below(uint64_t *rng, uint32_t count)
{
	uint32_t reject_below = (0U - count) % count;
	uint64_t product;

	do {
		product = (uint64_t)microtl_priv_rng_next(rng) * count;
	} while ((uint32_t)product < reject_below);
	return (uint32_t)(product >> 32);
}

void microtl_priv_shuffle_u16(uint64_t *rng, uint16_t *items, uint32_t count)
{
	for (uint32_t left = count; left > 1U; left--) {
		uint32_t pick = microtl_priv_rng_below(rng, left);
		uint16_t item = items[pick];

		items[pick] = items[left - 1U];
		items[left - 1U] = item;
	}
}

void microtl_priv_shuffle_u8(uint64_t *rng, uint8_t *items, uint32_t count)
{
	for (uint32_t left = count; left > 1U; left--) {
		uint32_t pick = microtl_priv_rng_below(rng, left);
		uint8_t item = items[pick];

		items[pick] = items[left - 1U];
		items[left - 1U] = item;
	}
}
