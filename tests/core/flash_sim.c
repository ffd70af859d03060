/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "flash_sim.h"

#include <errno.h>
#include <string.h>

#include "check.h"

static int sim_read(uint32_t offset, void *data, size_t size, void *user_data)
{
	struct flash_sim *sim = user_data;

	CHECK(offset <= sim->flash.size && size <= sim->flash.size - offset);
	if (sim->is_off) {
		return -EIO;
	}
	if (sim->bad_size > 0 && offset < sim->bad_offset + sim->bad_size &&
	    sim->bad_offset < offset + size) {
		return -EIO;
	}
	memcpy(data, sim->bytes + offset, size);
	return 0;
}

/* Whether the power fails at this block or page, of which part is done then. */
static bool tick(struct flash_sim *sim, uint32_t size, uint32_t *begin, uint32_t *end)
{
	bool fails = sim->ticks++ == sim->cut_at;

	*begin = 0;
	*end = size;
	if (!fails) {
		return false;
	}
	sim->is_off = true;
	if (sim->cut == FLASH_SIM_NOT_BEGUN) {
		*end = 0;
	} else if (sim->cut == FLASH_SIM_FIRST_HALF) {
		*end = size / 2U;
	} else {
		*begin = size / 2U;
	}
	return true;
}

static int sim_write(uint32_t offset, const void *data, size_t size, void *user_data)
{
	struct flash_sim *sim = user_data;
	const uint8_t *source = data;
	uint32_t block = sim->flash.write_block;

	CHECK(offset <= sim->flash.size && size <= sim->flash.size - offset);
	CHECK(size > 0 && offset % block == 0 && size % block == 0);
	for (uint32_t at = 0; at < size; at += block) {
		uint32_t begin;
		uint32_t end;

		if (sim->is_off) {
			return -EIO;
		}
		CHECK(!sim->programmed[offset + at]);
		bool fails = tick(sim, block, &begin, &end);
		memcpy(sim->bytes + offset + at + begin, source + at + begin, end - begin);
		sim->programmed[offset + at] = end > begin;
		if (sim->ticks - 1U == sim->corrupt_at) {
			sim->bytes[offset + at] ^= 0x10U;
		}
		if (fails) {
			return -EIO;
		}
	}
	return 0;
}

static int sim_erase(uint32_t offset, size_t size, void *user_data)
{
	struct flash_sim *sim = user_data;
	uint32_t page = sim->flash.page_size;

	CHECK(offset <= sim->flash.size && size <= sim->flash.size - offset);
	CHECK(size > 0 && offset % page == 0 && size % page == 0);
	for (uint32_t at = 0; at < size; at += page) {
		uint32_t begin;
		uint32_t end;

		if (sim->is_off) {
			return -EIO;
		}
		bool fails = tick(sim, page, &begin, &end);
		memset(sim->bytes + offset + at + begin, sim->flash.erase_value, end - begin);
		memset(sim->programmed + offset + at + begin, 0, end - begin);
		if (fails) {
			return -EIO;
		}
	}
	return 0;
}

void flash_sim_init(struct flash_sim *sim, uint32_t size, uint32_t page_size, uint8_t write_block,
		    uint8_t erase_value)
{
	CHECK(size <= FLASH_SIM_SIZE);
	memset(sim, 0, sizeof(*sim));
	memset(sim->bytes, erase_value, sizeof(sim->bytes));
	sim->flash = (struct microtl_flash){
		.read = sim_read,
		.write = sim_write,
		.erase = sim_erase,
		.user_data = sim,
		.size = size,
		.page_size = page_size,
		.write_block = write_block,
		.erase_value = erase_value,
	};
	flash_sim_power_on(sim);
}

void flash_sim_power_on(struct flash_sim *sim)
{
	sim->ticks = 0;
	sim->cut_at = UINT32_MAX;
	sim->corrupt_at = UINT32_MAX;
	sim->is_off = false;
}

void flash_sim_cut_power(struct flash_sim *sim, uint32_t ticks, enum flash_sim_cut cut)
{
	flash_sim_power_on(sim);
	sim->cut_at = ticks;
	sim->cut = cut;
}

void flash_sim_flip_bit(struct flash_sim *sim, uint32_t bit)
{
	sim->bytes[bit / 8U] ^= (uint8_t)(1U << (bit % 8U));
}
