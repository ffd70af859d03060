/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/snapshot.h>

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "crc32.h"

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Snapshots hold parameters as they lie in memory, which must be little-endian"
#endif

#define MAGIC        UINT32_C(0x484c544d) /* "MTLH" */
#define PREFIX_SIZE  72U
#define CLASSES_AT   40U
#define CLASSES_SIZE 32U
/* Bytes that are read at a time to work out the CRC. */
#define CHUNK_SIZE   64U

const char *microtl_snapshot_difference_text(enum microtl_snapshot_difference difference)
{
	switch (difference) {
	case MICROTL_SNAPSHOT_SAME:
		return "nothing";
	case MICROTL_SNAPSHOT_BACKBONE:
		return "backbone";
	case MICROTL_SNAPSHOT_PREPROCESS:
		return "pre-processing";
	case MICROTL_SNAPSHOT_FEATURE:
		return "features";
	case MICROTL_SNAPSHOT_HEAD:
		return "head";
	}
	return "unknown part";
}

enum microtl_snapshot_difference microtl_model_id_compare(const struct microtl_model_id *a,
							  const struct microtl_model_id *b)
{
	if (a->backbone != b->backbone) {
		return MICROTL_SNAPSHOT_BACKBONE;
	}
	if (a->preprocess != b->preprocess) {
		return MICROTL_SNAPSHOT_PREPROCESS;
	}
	if (a->feature != b->feature) {
		return MICROTL_SNAPSHOT_FEATURE;
	}
	return a->head != b->head ? MICROTL_SNAPSHOT_HEAD : MICROTL_SNAPSHOT_SAME;
}

/* Outputs that are no classes have no names. */
static size_t name_count(const struct microtl_head_spec *spec)
{
	return spec->loss == MICROTL_LOSS_MSE ? 0U : microtl_head_class_rows(spec);
}

size_t microtl_snapshot_size(const struct microtl_head_spec *spec)
{
	return MICROTL_SNAPSHOT_SIZE(microtl_head_param_count(spec), name_count(spec));
}

static void put_prefix(uint8_t *prefix, const struct microtl_head *head,
		       const struct microtl_model_id *id, uint32_t sequence)
{
	const struct microtl_head_spec *spec = head->spec;

	memset(prefix, 0, PREFIX_SIZE);
	microtl_priv_put32(prefix, MAGIC);
	microtl_priv_put16(prefix + 4, MICROTL_SNAPSHOT_FORMAT);
	prefix[6] = spec->layer_count;
	prefix[7] = spec->loss;
	for (uint8_t l = 0; l <= spec->layer_count; l++) {
		microtl_priv_put16(prefix + 8 + 2 * l, spec->width[l]);
	}
	microtl_priv_put32(prefix + 16, id->backbone);
	microtl_priv_put32(prefix + 20, id->preprocess);
	microtl_priv_put32(prefix + 24, id->feature);
	microtl_priv_put32(prefix + 28, id->head);
	microtl_priv_put32(prefix + 32, (uint32_t)microtl_head_param_count(spec));
	microtl_priv_put32(prefix + 36, sequence);
	for (size_t i = 0; i < CLASSES_SIZE / 4U; i++) {
		microtl_priv_put32(prefix + CLASSES_AT + 4U * i, head->classes.bits[i]);
	}
}

/* The sink, and the CRC of what went into it. */
struct writer {
	microtl_snapshot_sink sink;
	void *user_data;
	uint32_t crc;
};

static int put(struct writer *writer, const void *data, size_t size)
{
	writer->crc = microtl_priv_crc32(writer->crc, data, size);
	return writer->sink(data, size, writer->user_data);
}

int microtl_snapshot_write(const struct microtl_head *head, const struct microtl_model_id *id,
			   const struct microtl_class_name *names, uint32_t sequence,
			   microtl_snapshot_sink sink, void *user_data)
{
	struct writer writer = {.sink = sink, .user_data = user_data};
	uint8_t prefix[PREFIX_SIZE];

	put_prefix(prefix, head, id, sequence);
	int ret = put(&writer, prefix, sizeof(prefix));
	if (ret == 0 && name_count(head->spec) > 0) {
		ret = put(&writer, names, name_count(head->spec) * sizeof(*names));
	}
	if (ret == 0) {
		ret = put(&writer, head->params,
			  microtl_head_param_count(head->spec) * sizeof(*head->params));
	}
	if (ret == 0) {
		microtl_priv_put32(prefix, writer.crc);
		ret = sink(prefix, 4, user_data);
	}
	return ret;
}

static struct microtl_model_id get_id(const uint8_t *prefix)
{
	return (struct microtl_model_id){
		.backbone = microtl_priv_get32(prefix + 16),
		.preprocess = microtl_priv_get32(prefix + 20),
		.feature = microtl_priv_get32(prefix + 24),
		.head = microtl_priv_get32(prefix + 28),
	};
}

/* Size of the snapshot that a prefix announces, 0 where no head has such a shape. */
static size_t announced_size(const uint8_t *prefix)
{
	struct microtl_head_spec shape = {.layer_count = prefix[6], .loss = prefix[7]};

	if (shape.layer_count < 1 || shape.layer_count > MICROTL_HEAD_LAYERS_MAX) {
		return 0;
	}
	for (uint8_t l = 0; l <= shape.layer_count; l++) {
		shape.width[l] = microtl_priv_get16(prefix + 8 + 2 * l);
	}
	if (microtl_priv_get32(prefix + 32) != microtl_head_param_count(&shape) ||
	    name_count(&shape) > MICROTL_CLASSES_MAX) {
		return 0;
	}
	return microtl_snapshot_size(&shape);
}

static int check_crc(size_t size, microtl_snapshot_source source, void *user_data)
{
	uint8_t chunk[CHUNK_SIZE];
	uint32_t crc = 0;

	for (size_t at = 0; at < size - 4U; at += CHUNK_SIZE) {
		size_t left = size - 4U - at;
		size_t count = left < CHUNK_SIZE ? left : CHUNK_SIZE;
		int ret = source(at, chunk, count, user_data);

		if (ret != 0) {
			return ret;
		}
		crc = microtl_priv_crc32(crc, chunk, count);
	}
	int ret = source(size - 4U, chunk, 4, user_data);
	if (ret != 0) {
		return ret;
	}
	return microtl_priv_get32(chunk) == crc ? 0 : -EBADMSG;
}

/* Whole first, whose afterwards: a flipped bit is damage, not another model. */
static int check(uint8_t *prefix, const struct microtl_head_spec *spec,
		 const struct microtl_model_id *id, size_t size,
		 enum microtl_snapshot_difference *difference, microtl_snapshot_source source,
		 void *user_data)
{
	if (size < PREFIX_SIZE) {
		return -ENOENT;
	}
	int ret = source(0, prefix, PREFIX_SIZE, user_data);
	if (ret != 0) {
		return ret;
	}
	if (microtl_priv_get32(prefix) != MAGIC) {
		return -ENOENT;
	}
	if (microtl_priv_get16(prefix + 4) > MICROTL_SNAPSHOT_FORMAT) {
		return -ENOTSUP;
	}
	size_t announced = announced_size(prefix);
	if (announced == 0 || announced > size) {
		return -EBADMSG;
	}
	ret = check_crc(announced, source, user_data);
	if (ret != 0) {
		return ret;
	}

	struct microtl_model_id stored = get_id(prefix);
	enum microtl_snapshot_difference found = microtl_model_id_compare(&stored, id);
	bool same_shape = announced == microtl_snapshot_size(spec) &&
			  prefix[6] == spec->layer_count && prefix[7] == spec->loss;
	for (uint8_t l = 0; same_shape && l <= spec->layer_count; l++) {
		same_shape = microtl_priv_get16(prefix + 8 + 2 * l) == spec->width[l];
	}
	if (found == MICROTL_SNAPSHOT_SAME && !same_shape) {
		found = MICROTL_SNAPSHOT_HEAD;
	}
	if (difference != NULL) {
		*difference = found;
	}
	return found == MICROTL_SNAPSHOT_SAME ? 0 : -EXDEV;
}

int microtl_snapshot_check(const struct microtl_head_spec *spec, const struct microtl_model_id *id,
			   size_t size, enum microtl_snapshot_difference *difference,
			   microtl_snapshot_source source, void *user_data)
{
	uint8_t prefix[PREFIX_SIZE];

	return check(prefix, spec, id, size, difference, source, user_data);
}

/* Only rows that the head has may take part. */
static int get_classes(const uint8_t *prefix, const struct microtl_head_spec *spec,
		       struct microtl_class_set *classes)
{
	for (size_t i = 0; i < CLASSES_SIZE / 4U; i++) {
		classes->bits[i] = microtl_priv_get32(prefix + CLASSES_AT + 4U * i);
	}
	for (size_t c = name_count(spec); c < 8U * CLASSES_SIZE; c++) {
		if (microtl_class_set_has(classes, (uint8_t)c)) {
			return -EBADMSG;
		}
	}
	return 0;
}

int microtl_snapshot_read(const struct microtl_head_spec *spec, const struct microtl_model_id *id,
			  size_t size, float *params, struct microtl_class_name *names,
			  struct microtl_snapshot_info *info,
			  enum microtl_snapshot_difference *difference,
			  microtl_snapshot_source source, void *user_data)
{
	struct microtl_snapshot_info stored;
	uint8_t prefix[PREFIX_SIZE];
	size_t rows = name_count(spec);
	int ret = check(prefix, spec, id, size, difference, source, user_data);

	if (ret == 0) {
		ret = get_classes(prefix, spec, &stored.classes);
	}
	if (ret == 0 && params != NULL) {
		ret = source(MICROTL_SNAPSHOT_PARAMS_OFFSET(rows), params,
			     microtl_head_param_count(spec) * sizeof(*params), user_data);
	}
	if (ret == 0 && rows > 0) {
		ret = source(PREFIX_SIZE, names, rows * sizeof(*names), user_data);
	}
	if (ret != 0) {
		return ret;
	}
	for (size_t c = 0; c < rows; c++) {
		names[c].text[MICROTL_CLASS_NAME_MAX] = '\0';
	}
	stored.sequence = microtl_priv_get32(prefix + 36);
	*info = stored;
	return 0;
}
