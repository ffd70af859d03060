/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "flash.h"

#include <errno.h>
#include <string.h>

#include <zephyr/storage/flash_map.h>
#include <zephyr/ztest.h>

#define HEADS  DT_CHOSEN(microtl_store)
#define LABELS DT_CHOSEN(microtl_replay)

/* The linker's names (--wrap): of Zephyr's functions, and of what is called in their place. */
int __real_flash_area_open(uint8_t id, const struct flash_area **area);
int __wrap_flash_area_open(uint8_t id, const struct flash_area **area);
int __real_flash_area_read(const struct flash_area *area, off_t offset, void *data, size_t size);
int __wrap_flash_area_read(const struct flash_area *area, off_t offset, void *data, size_t size);
uint32_t __real_flash_area_align(const struct flash_area *area);
uint32_t __wrap_flash_area_align(const struct flash_area *area);

static uint8_t heads_image[DT_REG_SIZE(HEADS)];
static uint8_t labels_image[DT_REG_SIZE(LABELS)];

static const struct part {
	uint8_t id;
	uint8_t *image;
} parts[] = {
	[FLASH_HEADS] = {DT_FIXED_PARTITION_ID(HEADS), heads_image},
	[FLASH_LABELS] = {DT_FIXED_PARTITION_ID(LABELS), labels_image},
};

static const struct flash_area *failing;
static off_t failing_offset;
static uint32_t write_block;
static uint32_t partitions_later;
static uint32_t partitions_size;

int __wrap_flash_area_open(uint8_t id, const struct flash_area **area)
{
	static struct flash_area moved[ARRAY_SIZE(parts)];
	struct flash_area *other = &moved[id == parts[FLASH_LABELS].id];
	int ret = __real_flash_area_open(id, area);

	if (ret == 0 && partitions_size != 0) {
		*other = **area;
		other->fa_off += (off_t)partitions_later;
		other->fa_size = partitions_size;
		*area = other;
	}
	return ret;
}

int __wrap_flash_area_read(const struct flash_area *area, off_t offset, void *data, size_t size)
{
	if (area == failing && offset <= failing_offset && failing_offset - offset < (off_t)size) {
		return -EIO;
	}
	return __real_flash_area_read(area, offset, data, size);
}

uint32_t __wrap_flash_area_align(const struct flash_area *area)
{
	return write_block == 0 ? __real_flash_area_align(area) : write_block;
}

static const struct flash_area *open_part(enum flash_part part)
{
	const struct flash_area *area;

	zassert_ok(flash_area_open(parts[part].id, &area));
	return area;
}

static void write_part(enum flash_part part)
{
	const struct flash_area *area = open_part(part);

	zassert_ok(flash_area_erase(area, 0, area->fa_size));
	zassert_ok(flash_area_write(area, 0, parts[part].image, area->fa_size));
	flash_area_close(area);
}

void flash_wipe(void)
{
	for (int part = FLASH_HEADS; part <= FLASH_LABELS; part++) {
		const struct flash_area *area = open_part(part);

		zassert_ok(flash_area_erase(area, 0, area->fa_size));
		flash_area_close(area);
	}
}

void flash_remember(void)
{
	for (int part = FLASH_HEADS; part <= FLASH_LABELS; part++) {
		const struct flash_area *area = open_part(part);

		zassert_ok(flash_area_read(area, 0, parts[part].image, area->fa_size));
		flash_area_close(area);
	}
}

void flash_restore(void)
{
	write_part(FLASH_HEADS);
	write_part(FLASH_LABELS);
}

void flash_restore_with_flip(enum flash_part part, uint32_t bit)
{
	uint8_t *byte = &parts[part].image[bit / 8U];
	uint8_t mask = (uint8_t)(1U << (bit % 8U));

	*byte ^= mask;
	write_part(part);
	*byte ^= mask;
}

void flash_restore_with_copy(enum flash_part part, uint32_t from, uint32_t to, uint32_t size)
{
	memmove(parts[part].image + to, parts[part].image + from, size);
	flash_restore();
}

void flash_read_fails(enum flash_part part, uint32_t offset)
{
	failing = open_part(part);
	failing_offset = (off_t)offset;
}

void flash_read_works(void)
{
	failing = NULL;
}

uint32_t flash_real_write_block(void)
{
	return __real_flash_area_align(open_part(FLASH_HEADS));
}

void flash_set_write_block(uint32_t size)
{
	zassert_equal(size % flash_real_write_block(), 0);
	write_block = size;
}

void flash_set_partitions(uint32_t later, uint32_t size)
{
	partitions_later = later;
	partitions_size = size;
}
