/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "mathf.h"

/* Tables are for 32 steps of an octave, with a line between two of them. */
#define STEP_BITS 5

/* 2^(-i / 32), 15 fraction bits. */
static const uint16_t powers[(1 << STEP_BITS) + 1] = {
	32768, 32066, 31379, 30706, 30048, 29405, 28774, 28158, 27554, 26964, 26386,
	25821, 25268, 24726, 24196, 23678, 23170, 22674, 22188, 21713, 21247, 20792,
	20347, 19911, 19484, 19066, 18658, 18258, 17867, 17484, 17109, 16743, 16384};

/* log2(1 + i / 32), 15 fraction bits. */
static const uint16_t logarithms[(1 << STEP_BITS) + 1] = {
	0,     1455,  2866,  4236,  5568,  6863,  8124,  9352,  10549, 11716, 12855,
	13968, 15055, 16117, 17156, 18173, 19168, 20143, 21098, 22034, 22952, 23852,
	24736, 25604, 26455, 27292, 28114, 28922, 29717, 30498, 31267, 32024, 32768};

/* Above this e^-x is less than the last bit. */
#define EXP_MAX (UINT32_C(14) << MICROTL_REAL_BITS)

microtl_real_t microtl_priv_exp_minus(uint32_t x)
{
	if (x > EXP_MAX) {
		return 0;
	}
	/* Octaves with 14 fraction bits: x log2 e = x + 0.4427 x. */
	uint32_t nats = x >> 6;
	uint32_t octaves = nats + ((nats * 7253U) >> 14);
	uint32_t step = (octaves >> 9) & 31U;
	uint32_t rest = octaves & 511U;
	uint32_t fall = (uint32_t)powers[step] - powers[step + 1U];
	uint32_t y = (uint32_t)powers[step] * 32U - ((rest * fall) >> 4);

	return (microtl_real_t)(y >> (octaves >> 14));
}

microtl_real_t microtl_priv_log(uint32_t x)
{
	uint32_t octaves = 0;

	while ((x >> octaves) >> (MICROTL_REAL_BITS + 1) != 0U) {
		octaves++;
	}
	/* 1 <= x / 2^octaves < 2: 5 bits behind the point are the step, 15 the rest. */
	uint32_t part = (x >> octaves) - (UINT32_C(1) << MICROTL_REAL_BITS);
	uint32_t step = part >> 15;
	uint32_t rest = part & 32767U;
	uint32_t rise = (uint32_t)logarithms[step + 1U] - logarithms[step];
	uint32_t log2 = (octaves << 15) + logarithms[step] + ((rest * rise) >> 15);

	/* Octaves and ln 2 have 15 fraction bits each: 10 more than a real number. */
	return (microtl_real_t)(((uint64_t)log2 * 22713U) >> 10);
}

uint32_t microtl_priv_root(uint64_t x)
{
	uint64_t root = 0;

	for (uint64_t bit = UINT64_C(1) << 62; bit != 0U; bit >>= 2) {
		if (x >= root + bit) {
			x -= root + bit;
			root = (root >> 1) + bit;
		} else {
			root >>= 1;
		}
	}
	return (uint32_t)root;
}
