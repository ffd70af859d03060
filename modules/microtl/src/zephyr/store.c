/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/store.h>

#include <errno.h>

#include <zephyr/logging/log.h>
#include <zephyr/storage/flash_map.h>
#ifdef CONFIG_FLASH_SIMULATOR
#include <zephyr/drivers/flash/flash_simulator.h>
#endif

#include "area.h"
#include "learner_priv.h"

LOG_MODULE_DECLARE(microtl, CONFIG_MICROTL_LOG_LEVEL);

#define PARTITION DT_CHOSEN(microtl_store)

#ifdef CONFIG_MICROTL_HEAD_ACTIVE_IN_RAM
const microtl_param_t *microtl_priv_store_params(const struct microtl_learner *learner, int slot)
{
	ARG_UNUSED(learner);
	ARG_UNUSED(slot);
	return NULL;
}
#else
/* Where the flash lies in the address space. */
static const uint8_t *flash_address(const struct microtl_learner *learner)
{
#ifdef CONFIG_FLASH_SIMULATOR
	size_t size;

	return flash_simulator_get_memory(flash_area_get_device(learner->slots_area.partition),
					  &size);
#else
	BUILD_ASSERT(
		DT_SAME_NODE(DT_MEM_FROM_FIXED_PARTITION(PARTITION), DT_CHOSEN(zephyr_flash)),
		"CONFIG_MICROTL_HEAD_ACTIVE_IN_RAM=n: microtl,store has to be in zephyr,flash");
	ARG_UNUSED(learner);
	return (const uint8_t *)DT_REG_ADDR(DT_CHOSEN(zephyr_flash));
#endif
}

const microtl_param_t *microtl_priv_store_params(const struct microtl_learner *learner, int slot)
{
	const struct microtl_store_area *area = &learner->slots_area;
	uint16_t rows = microtl_head_class_rows(learner->config->model->head);

	return (const microtl_param_t *)(flash_address(learner) + area->partition->fa_off +
					 area->base +
					 microtl_slots_payload_offset(&learner->slots, slot) +
					 MICROTL_SNAPSHOT_PARAMS_OFFSET(rows));
}
#endif

/** A slot that a snapshot is read from. */
struct source {
	const struct microtl_slots *slots;
	int slot;
};

static int read_slot(size_t offset, void *data, size_t size, void *user_data)
{
	const struct source *source = user_data;

	return microtl_slots_read(source->slots, source->slot, offset, data, size);
}

/* Both mutexes held, no training. */
static int load_slot(struct microtl_learner *learner, int slot)
{
	struct source source = {.slots = &learner->slots, .slot = slot};
	enum microtl_snapshot_difference difference;
	int ret = microtl_learning_load(&learner->learning, learner->slots.slot[slot].payload_size,
					microtl_priv_store_params(learner, slot), &difference,
					read_slot, &source);

	if (ret == 0) {
		learner->train.unsaved = false;
	}
	return ret;
}

static void report_slot(const struct microtl_learner *learner, int slot)
{
	const struct microtl_slot *found = &learner->slots.slot[slot];
	const char *name = learner->config->name;

	switch (found->state) {
	case MICROTL_SLOT_DAMAGED:
		LOG_WRN("%s: slot %d is damaged or not ours: left out", name, slot);
		break;
	case MICROTL_SLOT_NEWER:
		LOG_WRN("%s: slot %d was written by newer firmware: left alone", name, slot);
		break;
	case MICROTL_SLOT_FOREIGN:
		LOG_WRN("%s: slot %d is of another model (%s differs): left alone", name, slot,
			microtl_snapshot_difference_text(
				microtl_model_id_compare(&found->id, &learner->config->model->id)));
		break;
	default:
		break;
	}
}

/* What another division of the partition left: microtl_priv_area_open(). */
static void report_strays(const struct microtl_learner *learner)
{
	const struct microtl_flash *flash = &learner->slots_flash;

	for (uint32_t at = 0; at < flash->size; at += flash->page_size) {
		if (at % learner->slots.slot_size != 0 && microtl_slots_header_at(flash, at)) {
			LOG_WRN("%s: a head at byte %u of microtl,store is not found: was it "
				"stored by firmware with more or fewer learners?",
				learner->config->name, learner->slots_area.base + at);
		}
	}
}

static int open_slots(struct microtl_learner *learner)
{
	struct microtl_flash *flash = &learner->slots_flash;
	const struct microtl_model *model = learner->config->model;
	int ret = microtl_priv_area_open(learner, &learner->slots_area, flash,
					 DT_FIXED_PARTITION_ID(PARTITION));

	if (ret != 0) {
		return ret;
	}
	uint32_t needed = MICROTL_SLOTS_SLOT_SIZE((uint32_t)microtl_snapshot_size(model->head),
						  flash->write_block, flash->page_size);
	if (flash->size / 2U < needed) {
		LOG_ERR("%s: microtl,store has %u bytes, %u of them for it; two slots need %u",
			learner->config->name, (unsigned int)learner->slots_area.partition->fa_size,
			flash->size, 2U * needed);
		return -ENOSPC;
	}
	return microtl_slots_init(&learner->slots, flash, flash->size / 2U, &model->id);
}

void microtl_priv_store_init(struct microtl_learner *learner)
{
	learner->saved_ms = INT64_MIN / 2;
	learner->store_error = open_slots(learner);
	if (learner->store_error != 0) {
		LOG_ERR("Could not open the store of %s (%d)", learner->config->name,
			learner->store_error);
	} else {
		report_slot(learner, 0);
		report_slot(learner, 1);
		report_strays(learner);

		int newest = microtl_slots_newest(&learner->slots);
		int ret = newest < 0 ? 0 : load_slot(learner, newest);

		if (ret != 0) {
			LOG_ERR("Could not load slot %d of %s (%d)", newest, learner->config->name,
				ret);
		}
	}
	if (IS_ENABLED(CONFIG_MICROTL_STORE_REPLAY)) {
		microtl_priv_log_init(learner);
	}
}

/*
 * A save goes to the slot that is not the newest, where no head may run: saves and loads leave the
 * live one in the newest slot, but a roll-back may have failed half-way.
 */
static int begin_save(struct microtl_learner *learner, bool overwrite)
{
	int newest = microtl_slots_newest(&learner->slots);

	if (newest >= 0 &&
	    learner->learning.active.params == microtl_priv_store_params(learner, 1 - newest)) {
		return -EBUSY;
	}
	return microtl_slots_save_begin(&learner->slots, overwrite);
}

/* A head that runs in place goes where it was saved: the next save takes the place it had. */
static void note_saved(struct microtl_learner *learner, const microtl_param_t *stored)
{
	microtl_priv_head_lock(learner);
	learner->stats.flash_writes++;
	learner->train.unsaved = false;
	if (stored != NULL) {
		microtl_learning_moved(&learner->learning, stored);
	}
	microtl_priv_head_unlock(learner);
}

int microtl_priv_store_save(struct microtl_learner *learner, bool trained, bool overwrite,
			    int *slot)
{
	int ret = learner->store_error == 0 ? begin_save(learner, overwrite) : -ENODEV;
	int target = ret;

	if (ret >= 0) {
		ret = microtl_learning_save(&learner->learning, trained, microtl_slots_save_write,
					    &learner->slots);
	}
	if (ret == 0) {
		ret = microtl_slots_save_end(&learner->slots);
	}
	if (ret != 0) {
		LOG_ERR("Could not save the head of %s (%d)", learner->config->name, ret);
		return ret;
	}
	learner->saved_ms = k_uptime_get();
	if (slot != NULL) {
		*slot = target;
	}
	/* A trained head is not live yet. */
	note_saved(learner, trained ? NULL : microtl_priv_store_params(learner, target));
	return 0;
}

int microtl_priv_store_reset(struct microtl_learner *learner)
{
	return learner->store_error == 0 ? microtl_slots_reset(&learner->slots) : 0;
}

int64_t microtl_priv_store_wait_ms(const struct microtl_learner *learner)
{
	return learner->saved_ms + MSEC_PER_SEC * (int64_t)CONFIG_MICROTL_STORE_INTERVAL_S -
	       k_uptime_get();
}

int microtl_store_commit(struct microtl_learner *learner, bool overwrite)
{
	int ret = microtl_learner_ready(learner);

	if (ret != 0) {
		return ret;
	}
	microtl_priv_store_lock(learner);
	learner->overwrite = learner->overwrite || overwrite;
#ifdef CONFIG_MICROTL_STORE_REPLAY
	learner->log.overwrite = learner->log.overwrite || overwrite;
#endif
	if (learner->store_error != 0) {
		ret = -ENODEV;
	} else if (!learner->train.unsaved) {
		ret = 0;
	} else if (microtl_priv_store_wait_ms(learner) > 0) {
		ret = -EAGAIN;
	} else {
		ret = microtl_priv_store_save(learner, false, overwrite, NULL);
	}
	microtl_priv_store_unlock(learner);
	return ret;
}

/* Puts a slot's head live where nobody trains. */
static int go_live(struct microtl_learner *learner, int slot)
{
	int ret = -EBUSY;

	microtl_priv_head_lock(learner);
	if (!microtl_priv_training(learner)) {
		ret = load_slot(learner, slot);
	}
	microtl_priv_head_unlock(learner);
	/* The log may say otherwise of rows that the head gave other classes. */
	if (ret == 0 && IS_ENABLED(CONFIG_MICROTL_STORE_REPLAY)) {
		ret = microtl_priv_log_rewrite(learner);
	}
	return ret;
}

/* The older head goes live first: the newest may be the one that runs in place. */
static int roll_back(struct microtl_learner *learner)
{
	int newest = microtl_slots_newest(&learner->slots);

	if (newest < 0 || microtl_slots_verify(&learner->slots, 1 - newest) != 0) {
		return -ENOENT;
	}
	int ret = go_live(learner, 1 - newest);

	return ret == 0 ? microtl_slots_rollback(&learner->slots) : ret;
}

static int load_newest(struct microtl_learner *learner)
{
	int newest = microtl_slots_newest(&learner->slots);

	return newest < 0 ? newest : go_live(learner, newest);
}

static int with_store(struct microtl_learner *learner, int (*action)(struct microtl_learner *))
{
	int ret = microtl_learner_ready(learner);

	if (ret != 0) {
		return ret;
	}
	microtl_priv_store_lock(learner);
	ret = learner->store_error == 0 ? action(learner) : -ENODEV;
	microtl_priv_store_unlock(learner);
	return ret;
}

int microtl_store_rollback(struct microtl_learner *learner)
{
	return with_store(learner, roll_back);
}

int microtl_store_load(struct microtl_learner *learner)
{
	return with_store(learner, load_newest);
}

void microtl_store_info_get(struct microtl_learner *learner, struct microtl_store_info *info)
{
	microtl_priv_store_lock(learner);
	*info = (struct microtl_store_info){
		.error = learner->store_error,
		.newest = -ENOENT,
		.log_error = -ENOTSUP,
	};
	if (learner->store_error == 0) {
		info->newest = microtl_slots_newest(&learner->slots);
		for (int i = 0; i < MICROTL_SLOTS_COUNT; i++) {
			info->slot[i] = learner->slots.slot[i];
		}
	}
#ifdef CONFIG_MICROTL_STORE_REPLAY
	info->log_error = learner->log_error;
	info->log_records = learner->log.records;
	info->log_records_max = learner->log.records_max;
	info->log_damaged = learner->log.damaged;
#endif
	microtl_priv_store_unlock(learner);
}
