/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "area.h"

#include <errno.h>

#include <zephyr/drivers/flash.h>
#include <zephyr/logging/log.h>
#include <zephyr/storage/flash_map.h>

LOG_MODULE_DECLARE(microtl, CONFIG_MICROTL_LOG_LEVEL);

static int read_area(uint32_t offset, void *data, size_t size, void *user_data)
{
	const struct microtl_store_area *area = user_data;

	return flash_area_read(area->partition, (off_t)(area->base + offset), data, size);
}

static int write_area(uint32_t offset, const void *data, size_t size, void *user_data)
{
	const struct microtl_store_area *area = user_data;

	return flash_area_write(area->partition, (off_t)(area->base + offset), data, size);
}

/* Page by page: an erase stalls the CPU of many SoCs, and other threads may run in between. */
static int erase_area(uint32_t offset, size_t size, void *user_data)
{
	const struct microtl_store_area *area = user_data;
	int ret = 0;

	for (size_t done = 0; ret == 0 && done < size; done += area->page_size) {
		ret = flash_area_erase(area->partition, (off_t)(area->base + offset + done),
				       area->page_size);
	}
	return ret;
}

/* The size of the pages, all of which must be alike. */
static int page_size(const struct flash_area *partition, uint32_t *size)
{
	const struct device *device = flash_area_get_device(partition);
	struct flash_pages_info first;
	struct flash_pages_info last;
	off_t end = partition->fa_off + (off_t)partition->fa_size - 1;
	int ret = flash_get_page_info_by_offs(device, partition->fa_off, &first);

	if (ret == 0) {
		ret = flash_get_page_info_by_offs(device, end, &last);
	}
	if (ret == 0 && (first.size != last.size || first.start_offset != partition->fa_off)) {
		LOG_ERR("The partition at 0x%x has to begin with an erase page, and all its pages "
			"have to be alike",
			(unsigned int)partition->fa_off);
		ret = -ENOTSUP;
	}
	if (ret == 0) {
		*size = (uint32_t)first.size;
	}
	return ret;
}

/*
 * Learners are kept in the order of their names: each has the same part after an update with the
 * same learners. With others the parts move: docs/store.md.
 */
static uint32_t index_of(const struct microtl_learner *learner, uint32_t *count)
{
	uint32_t index = 0;

	*count = 0;
	STRUCT_SECTION_FOREACH(microtl_learner_config, config) {
		if (config->learner == learner) {
			index = *count;
		}
		(*count)++;
	}
	return index;
}

int microtl_priv_area_open(const struct microtl_learner *learner, struct microtl_store_area *area,
			   struct microtl_flash *flash, uint8_t id)
{
	uint32_t count;
	uint32_t index = index_of(learner, &count);
	int ret = flash_area_open(id, &area->partition);

	if (ret == 0) {
		ret = page_size(area->partition, &area->page_size);
	}
	if (ret != 0) {
		return ret;
	}
	uint32_t align = flash_area_align(area->partition);
	uint32_t pages = (uint32_t)area->partition->fa_size / area->page_size / count / 2U;

	if (align > MICROTL_FLASH_WRITE_BLOCK_MAX) {
		LOG_ERR("The partition at 0x%x has write blocks of %u bytes, at most %u can be "
			"used",
			(unsigned int)area->partition->fa_off, align,
			MICROTL_FLASH_WRITE_BLOCK_MAX);
		return -ENOTSUP;
	}
	*flash = (struct microtl_flash){
		.read = read_area,
		.write = write_area,
		.erase = erase_area,
		.user_data = area,
		.size = 2U * pages * area->page_size,
		.page_size = area->page_size,
		.write_block = (uint8_t)align,
		.erase_value = flash_area_erased_val(area->partition),
	};
	area->base = index * flash->size;
	return 0;
}
