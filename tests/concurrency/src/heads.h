/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** The heads that there were, by the CRC of what they say about one image. */

#ifndef HEADS_H_
#define HEADS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEADS_MAX (CONFIG_TEST_CYCLE_COUNT + 2)

/** A set of heads. */
struct heads {
	uint32_t crc[HEADS_MAX];
	size_t count;
};

/** Notes a head; false where there is no room. */
bool heads_add(struct heads *heads, uint32_t crc);

/** Whether all of @a some are among @a all. */
bool heads_are_among(const struct heads *some, const struct heads *all);

#endif /* HEADS_H_ */
