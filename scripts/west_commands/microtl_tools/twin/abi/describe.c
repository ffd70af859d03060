/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What models, snapshots and slots say of themselves, in words that Python reads line by line. */

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <microtl/slots.h>
#include <microtl/snapshot.h>

#include "abi.h"

/** Text that grows line by line; what does not fit is left out and remembered. */
struct lines {
	char *text;
	size_t size;
	size_t used;
	bool full;
};

__attribute__((format(printf, 2, 3))) static void line(struct lines *lines, const char *format, ...)
{
	const size_t left = lines->size - lines->used;
	va_list arguments;

	va_start(arguments, format);
	const int count = vsnprintf(lines->text + lines->used, left, format, arguments);
	va_end(arguments);
	if (count < 0 || (size_t)count >= left) {
		lines->full = true;
		return;
	}
	lines->used += (size_t)count;
}

static struct lines lines_in(char *text, size_t size)
{
	text[0] = '\0';
	return (struct lines){.text = text, .size = size};
}

static int done(const struct lines *lines)
{
	return lines->full ? -ENOMEM : 0;
}

static void describe_id(struct lines *lines, const struct microtl_model_id *id)
{
	line(lines, "id.backbone %08" PRIx32 "\n", id->backbone);
	line(lines, "id.preprocess %08" PRIx32 "\n", id->preprocess);
	line(lines, "id.feature %08" PRIx32 "\n", id->feature);
	line(lines, "id.head %08" PRIx32 "\n", id->head);
}

static void describe_tensor(struct lines *lines, const char *name, const struct microtl_tensor *at)
{
	line(lines, "%s.shape", name);
	for (int i = 0; i < at->rank; i++) {
		line(lines, " %u", at->shape[i]);
	}
	line(lines, "\n%s.scale %.9g\n", name, (double)at->scale);
	line(lines, "%s.zero_point %d\n", name, at->zero_point);
}

static void describe_head(struct lines *lines, const struct microtl_head_spec *spec)
{
	static const char *const losses[] = {
		[MICROTL_LOSS_SOFTMAX] = "softmax",
		[MICROTL_LOSS_SIGMOID] = "sigmoid",
		[MICROTL_LOSS_MSE] = "mse",
	};

	line(lines, "head.widths");
	for (int i = 0; i <= spec->layer_count; i++) {
		line(lines, " %u", spec->width[i]);
	}
	line(lines, "\nhead.loss %s\n", spec->loss <= MICROTL_LOSS_MSE ? losses[spec->loss] : "?");
	line(lines, "head.params %zu\n", microtl_head_param_count(spec));
}

int microtl_twin_describe_model(const struct microtl_model *model, char *text, size_t size)
{
	struct lines lines = lines_in(text, size);

	line(&lines, "name %s\n", model->name);
	describe_id(&lines, &model->id);
	line(&lines, "ops %u\n", model->op_count);
	line(&lines, "arena %" PRIu32 "\n", model->arena_size);
	describe_tensor(&lines, "input", &model->input);
	describe_tensor(&lines, "output", &model->output);
	for (int i = 0; i < model->channel_count; i++) {
		const struct microtl_channel *channel = &model->channels[i];

		line(&lines, "channel %s\n", channel->name);
		line(&lines, "channel.unit %s\n", channel->unit);
		line(&lines, "channel.offset %.9g\n", (double)channel->offset);
		line(&lines, "channel.scale %.9g\n", (double)channel->scale);
	}
	if (model->head != NULL) {
		describe_head(&lines, model->head);
		for (int i = 0; i < model->head->class_count && model->head->class_names; i++) {
			line(&lines, "class.%d %s\n", i, model->head->class_names[i]);
		}
	}
	if (model->base != NULL) {
		line(&lines, "base.count %u\n", model->base->count);
		line(&lines, "base.gate_count %u\n", model->base->gate_count);
	}
	return done(&lines);
}

/** Bytes in memory. */
struct image {
	const uint8_t *bytes;
	size_t count;
};

static int read_image(size_t offset, void *data, size_t size, void *user_data)
{
	const struct image *image = user_data;

	if (offset > image->count || size > image->count - offset) {
		return -EBADMSG;
	}
	memcpy(data, image->bytes + offset, size);
	return 0;
}

static int describe_classes(struct lines *lines, const struct microtl_head_spec *spec,
			    const struct microtl_model_id *id, struct image *image)
{
	const size_t rows = microtl_head_class_rows(spec);
	struct microtl_class_name *names = calloc(rows + 1, sizeof(*names));
	struct microtl_snapshot_info info;

	if (names == NULL) {
		return -ENOMEM;
	}
	const int ret = microtl_snapshot_read(spec, id, image->count, NULL, names, &info, NULL,
					      read_image, image);

	if (ret == 0) {
		line(lines, "sequence %" PRIu32 "\n", info.sequence);
		for (size_t i = 0; i < rows && spec->loss != MICROTL_LOSS_MSE; i++) {
			const bool known = microtl_class_set_has(&info.classes, (uint8_t)i);

			if (known || names[i].text[0] != '\0') {
				line(lines, "%s.%zu %s\n", known ? "class" : "untrained", i,
				     names[i].text);
			}
		}
	}
	free(names);
	return ret;
}

int microtl_twin_describe_snapshot(const uint8_t *bytes, size_t count, char *text, size_t size)
{
	struct lines lines = lines_in(text, size);
	struct image image = {bytes, count};
	struct microtl_head_spec spec;
	struct microtl_model_id id;
	int ret = microtl_snapshot_describe(count, &spec, &id, read_image, &image);

	if (ret != 0) {
		return ret;
	}
	line(&lines, "format %d\n", MICROTL_SNAPSHOT_FORMAT);
	describe_id(&lines, &id);
	describe_head(&lines, &spec);
	ret = describe_classes(&lines, &spec, &id, &image);
	/* Other sizes than its own would be another head's: here, bytes that are missing. */
	return ret == -EXDEV ? -EBADMSG : ret != 0 ? ret : done(&lines);
}

/** Behind what was read of the flash all is erased. */
static int read_flash(uint32_t offset, void *data, size_t size, void *user_data)
{
	const struct image *image = user_data;
	const size_t there = offset < image->count ? image->count - offset : 0;

	memset(data, 0xff, size);
	memcpy(data, image->bytes + (there ? offset : 0), there < size ? there : size);
	return 0;
}

static int no_change(uint32_t offset, size_t size, void *user_data)
{
	(void)offset;
	(void)size;
	(void)user_data;
	return -EROFS;
}

static int no_write(uint32_t offset, const void *data, size_t size, void *user_data)
{
	(void)data;
	return no_change(offset, size, user_data);
}

/** Looks at the slot as a store with @a block bytes a write block would. */
static int look(struct image *image, uint8_t block, struct microtl_slots *slots, size_t *payload)
{
	const uint32_t page = 256;
	const uint32_t size = ((uint32_t)image->count + page) / page * page;
	const struct microtl_flash flash = {
		.read = read_flash,
		.write = no_write,
		.erase = no_change,
		.user_data = image,
		.size = 2 * size,
		.page_size = page,
		.write_block = block,
		.erase_value = 0xff,
	};
	const struct microtl_model_id nobody = {0};
	const int ret = microtl_slots_init(slots, &flash, size, &nobody);

	slots->flash = NULL; /* it ends here */
	*payload = MICROTL_SLOTS_PAYLOAD_OFFSET((size_t)block);
	return ret;
}

int microtl_twin_describe_slot(const uint8_t *bytes, size_t count, size_t payload[2], char *text,
			       size_t size)
{
	struct lines lines = lines_in(text, size);
	struct image image = {bytes, count};
	struct microtl_slots slots;
	const struct microtl_slot *slot = &slots.slot[0];
	int ret = 0;

	payload[0] = 0;
	payload[1] = 0;
	slots.slot[0].state = MICROTL_SLOT_DAMAGED;
	/* The file does not say how large the write block was, on which the payload's place hangs.
	 */
	for (unsigned int block = 16; ret == 0 && block <= MICROTL_FLASH_WRITE_BLOCK_MAX &&
				      slot->state == MICROTL_SLOT_DAMAGED;
	     block *= 2) {
		ret = look(&image, (uint8_t)block, &slots, &payload[0]);
	}
	if (ret != 0) {
		return ret;
	}
	switch (slot->state) {
	case MICROTL_SLOT_EMPTY:
		return -ENOENT;
	case MICROTL_SLOT_DAMAGED:
		return -EBADMSG;
	case MICROTL_SLOT_NEWER:
		return -ENOTSUP;
	default:
		break;
	}
	payload[1] = slot->payload_size;
	line(&lines, "slot.format %d\n", MICROTL_SLOTS_FORMAT);
	line(&lines, "slot.sequence %" PRIu32 "\n", slot->sequence);
	line(&lines, "slot.payload %" PRIu32 "\n", slot->payload_size);
	line(&lines, "slot.crc %08" PRIx32 "\n", slot->payload_crc);
	for (int i = 0; i < MICROTL_SLOTS_COUNT; i++) {
		line(&lines, "slot.erased.%d %" PRIu32 "\n", i, slots.slot[i].erase_count);
	}
	describe_id(&lines, &slot->id);
	return done(&lines);
}
