/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Replay memory, gate, snapshot and slots for ctypes: Python plays the application and the flash.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <microtl/gate.h>
#include <microtl/replay.h>
#include <microtl/slots.h>
#include <microtl/snapshot.h>

struct microtl_replay *shim_replay_new(uint16_t features, uint16_t capacity)
{
	struct microtl_replay *replay = malloc(sizeof(*replay));

	if (microtl_replay_init(replay, calloc((size_t)capacity + 1U, features),
				calloc((size_t)capacity + 1U, sizeof(struct microtl_replay_entry)),
				features, capacity) != 0) {
		abort();
	}
	return replay;
}

void shim_replay_free(struct microtl_replay *replay)
{
	free(replay->features);
	free(replay->entries);
	free(replay);
}

/* Label, recording, held out, sequence of each sample, and its features; returns their number. */
int shim_replay_read(const struct microtl_replay *replay, uint32_t *entries, int8_t *features)
{
	for (uint16_t i = 0; i < replay->count; i++) {
		entries[4 * i] = replay->entries[i].label;
		entries[4 * i + 1] = replay->entries[i].recording;
		entries[4 * i + 2] = microtl_replay_held_out(&replay->entries[i]);
		entries[4 * i + 3] = replay->entries[i].sequence;
		memcpy(features + (size_t)i * replay->feature_count,
		       microtl_replay_features(replay, i), replay->feature_count);
	}
	return replay->count;
}

/*
 * One judgement: rows of {label, base, before, after, loss before, loss after}; values are the
 * gate's settings, NULL for the defaults. result: verdict, reason, then every number.
 */
int shim_gate(const float *values, int count, const float *samples, const uint8_t *old_classes,
	      const uint8_t *new_classes, int rows, float *result)
{
	struct microtl_gate_tally tally[MICROTL_CLASSES_MAX];
	struct microtl_gate_config config = MICROTL_GATE_CONFIG_DEFAULT;
	struct microtl_class_set olds = {0};
	struct microtl_class_set news = {0};
	struct microtl_gate_result out;
	struct microtl_gate gate;

	if (values != NULL) {
		config = (struct microtl_gate_config){
			values[0],           values[1],           values[2], values[3],
			values[4],           values[5],           values[6], (uint16_t)values[7],
			(uint16_t)values[8], (uint16_t)values[9],
		};
	}
	for (int c = 0; c < rows; c++) {
		if (old_classes[c] != 0) {
			microtl_class_set_add(&olds, (uint8_t)c);
		}
		if (new_classes[c] != 0) {
			microtl_class_set_add(&news, (uint8_t)c);
		}
	}
	int ret = microtl_gate_init(&gate, &config, tally, (uint16_t)rows, &olds, &news);
	if (ret != 0) {
		return ret;
	}
	for (int i = 0; i < count; i++) {
		const float *s = samples + 6 * i;

		(s[1] != 0.0f ? microtl_gate_add_base : microtl_gate_add)(
			&gate, (uint8_t)s[0], s[2] != 0.0f, s[3] != 0.0f, s[4], s[5]);
	}
	microtl_gate_decide(&gate, &out);
	const float numbers[] = {
		(float)out.verdict, (float)out.reason, (float)out.old_count, (float)out.new_count,
		out.old_before,     out.old_after,     out.old_error,        out.new_recall_min,
		out.new_recall,     out.loss_change,   out.loss_error,       out.base_before,
		out.base_after,
	};
	memcpy(result, numbers, sizeof(numbers));
	return 0;
}

struct memory {
	uint8_t *bytes;
	size_t size;
};

static int memory_sink(const void *data, size_t size, void *user_data)
{
	struct memory *to = user_data;

	memcpy(to->bytes + to->size, data, size);
	to->size += size;
	return 0;
}

static int memory_source(size_t offset, void *data, size_t size, void *user_data)
{
	const struct memory *from = user_data;

	if (offset > from->size || size > from->size - offset) {
		abort();
	}
	memcpy(data, from->bytes + offset, size);
	return 0;
}

static struct microtl_head_spec shape(int layers, int loss, const uint16_t *widths)
{
	struct microtl_head_spec spec = {.layer_count = (uint8_t)layers, .loss = (uint8_t)loss};

	memcpy(spec.width, widths, ((size_t)layers + 1U) * sizeof(*widths));
	return spec;
}

long shim_snapshot_write(int layers, int loss, const uint16_t *widths, const uint32_t *id,
			 const float *params, const uint32_t *classes, const char *names,
			 uint32_t sequence, uint8_t *bytes)
{
	const struct microtl_head_spec spec = shape(layers, loss, widths);
	const struct microtl_model_id model = {id[0], id[1], id[2], id[3]};
	struct microtl_head head = {.spec = &spec, .params = params};
	struct memory memory = {.bytes = bytes};

	memcpy(head.classes.bits, classes, sizeof(head.classes.bits));
	int ret = microtl_snapshot_write(&head, &model, (const void *)names, sequence, memory_sink,
					 &memory);
	return ret != 0 ? ret : (long)memory.size;
}

/* out: sequence, difference. */
int shim_snapshot_read(int layers, int loss, const uint16_t *widths, const uint32_t *id,
		       uint8_t *bytes, size_t size, float *params, uint32_t *classes, char *names,
		       uint32_t *out)
{
	const struct microtl_head_spec spec = shape(layers, loss, widths);
	const struct microtl_model_id model = {id[0], id[1], id[2], id[3]};
	enum microtl_snapshot_difference difference = MICROTL_SNAPSHOT_SAME;
	struct memory memory = {.bytes = bytes, .size = size};
	struct microtl_snapshot_info info;
	int ret = microtl_snapshot_read(&spec, &model, size, params, (void *)names, &info,
					&difference, memory_source, &memory);

	out[1] = (uint32_t)difference;
	if (ret == 0) {
		out[0] = info.sequence;
		memcpy(classes, info.classes.bits, sizeof(info.classes.bits));
	}
	return ret;
}

struct shim_store {
	struct microtl_flash flash;
	struct microtl_slots slots;
};

/* NULL where the geometry is refused. */
struct shim_store *shim_store_new(int (*read)(uint32_t, void *, size_t, void *),
				  int (*write)(uint32_t, const void *, size_t, void *),
				  int (*erase)(uint32_t, size_t, void *), uint32_t size,
				  uint32_t page_size, int write_block, int erase_value,
				  uint32_t slot_size, const uint32_t *id)
{
	const struct microtl_model_id model = {id[0], id[1], id[2], id[3]};
	struct shim_store *store = calloc(1, sizeof(*store));

	store->flash = (struct microtl_flash){
		.read = read,
		.write = write,
		.erase = erase,
		.size = size,
		.page_size = page_size,
		.write_block = (uint8_t)write_block,
		.erase_value = (uint8_t)erase_value,
	};
	if (microtl_slots_init(&store->slots, &store->flash, slot_size, &model) != 0) {
		free(store);
		return NULL;
	}
	return store;
}

void shim_store_free(struct shim_store *store)
{
	free(store);
}

int shim_store_save(struct shim_store *store, const uint8_t *data, size_t size, int overwrite)
{
	int ret = microtl_slots_save_begin(&store->slots, overwrite != 0);

	if (ret >= 0) {
		ret = microtl_slots_save_write(data, size, &store->slots);
	}
	return ret < 0 ? ret : microtl_slots_save_end(&store->slots);
}

/* Size of the newest payload, copied to data; -ENOENT where the factory head counts. */
int shim_store_load(struct shim_store *store, uint8_t *data)
{
	int newest = microtl_slots_newest(&store->slots);

	if (newest < 0) {
		return newest;
	}
	uint32_t size = store->slots.slot[newest].payload_size;
	int ret = microtl_slots_read(&store->slots, newest, 0, data, size);
	return ret < 0 ? ret : (int)size;
}

int shim_store_rollback(struct shim_store *store)
{
	return microtl_slots_rollback(&store->slots);
}

int shim_store_reset(struct shim_store *store)
{
	return microtl_slots_reset(&store->slots);
}
