/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuts.h"

#include <errno.h>
#include <string.h>

#include <zephyr/kernel.h>

#define FLASHES 2

static struct under {
	const struct microtl_flash *flash;
	struct microtl_flash real;
} unders[FLASHES];

static uint32_t left;

static bool spend(void)
{
	if (left == CUTS_NEVER) {
		return true;
	}
	if (left == 0) {
		return false;
	}
	left--;
	return true;
}

bool cuts_happened(void)
{
	return left == 0;
}

static int write_until_cut(uint32_t offset, const void *data, size_t size, void *user_data)
{
	const struct microtl_flash *real = &((struct under *)user_data)->real;
	const uint8_t *bytes = data;

	for (size_t done = 0; done < size; done += real->write_block) {
		if (!spend()) {
			return -EIO;
		}
		int ret = real->write(offset + done, bytes + done, real->write_block,
				      real->user_data);

		if (ret != 0) {
			return ret;
		}
	}
	return 0;
}

/* Not done, half of the page done (the rest as it was), done. */
static int erase_until_cut(uint32_t offset, size_t size, void *user_data)
{
	const struct microtl_flash *real = &((struct under *)user_data)->real;
	static uint8_t half[2048];

	for (size_t done = 0; done < size; done += real->page_size) {
		uint32_t at = offset + done;
		uint32_t middle = real->page_size / 2U;

		if (!spend()) {
			return -EIO;
		}
		if (middle > sizeof(half) ||
		    real->read(at + middle, half, middle, real->user_data) != 0 ||
		    real->erase(at, real->page_size, real->user_data) != 0) {
			return -EIO;
		}
		if (!spend()) {
			(void)real->write(at + middle, half, middle, real->user_data);
			return -EIO;
		}
	}
	return 0;
}

static int read_through(uint32_t offset, void *data, size_t size, void *user_data)
{
	const struct microtl_flash *real = &((struct under *)user_data)->real;

	return real->read(offset, data, size, real->user_data);
}

void cuts_arm(struct microtl_flash *flash, uint32_t units)
{
	struct under *under = &unders[0];

	for (int i = 0; i < FLASHES; i++) {
		if (unders[i].flash == flash || unders[i].flash == NULL) {
			under = &unders[i];
			break;
		}
	}
	left = units;
	if (flash->write != write_until_cut) {
		*under = (struct under){.flash = flash, .real = *flash};
	}
	flash->read = read_through;
	flash->write = write_until_cut;
	flash->erase = erase_until_cut;
	flash->user_data = under;
}
