/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "heads.h"

static bool has(const struct heads *heads, uint32_t crc)
{
	for (size_t i = 0; i < heads->count; i++) {
		if (heads->crc[i] == crc) {
			return true;
		}
	}
	return false;
}

bool heads_add(struct heads *heads, uint32_t crc)
{
	if (has(heads, crc)) {
		return true;
	}
	if (heads->count == HEADS_MAX) {
		return false;
	}
	heads->crc[heads->count++] = crc;
	return true;
}

bool heads_are_among(const struct heads *some, const struct heads *all)
{
	for (size_t i = 0; i < some->count; i++) {
		if (!has(all, some->crc[i])) {
			return false;
		}
	}
	return true;
}
