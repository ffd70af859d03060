/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/snapshot.h>

#include <errno.h>
#include <string.h>

#include "crc32.h"
#include "layers.h"

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Snapshots hold parameters as they lie in memory, which must be little-endian"
#endif

#define MAGIC UINT32_C(0x484c544d) /* "MTLH" */

/* What comes before the names. */
struct prefix {
	uint32_t magic;
	uint16_t format;
	uint8_t layer_count;
	uint8_t loss;
	uint16_t width[MICROTL_HEAD_LAYERS_MAX + 1];
	struct microtl_model_id id;
	uint32_t param_count;
	uint32_t sequence;
	struct microtl_class_set classes;
};
_Static_assert(sizeof(struct prefix) == MICROTL_SNAPSHOT_PARAMS_OFFSET(0), "no padding");

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
	case MICROTL_SNAPSHOT_ARITHMETIC:
		return "arithmetic of the head (float or fixed point)";
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
	if ((a->head ^ b->head) == MICROTL_MODEL_ID_FIXED) {
		return MICROTL_SNAPSHOT_ARITHMETIC;
	}
	return a->head != b->head ? MICROTL_SNAPSHOT_HEAD : MICROTL_SNAPSHOT_SAME;
}

/* Outputs that are no classes have no names. */
static size_t name_count(const struct microtl_head_spec *spec)
{
	return microtl_priv_is_mse(spec->loss) ? 0U : microtl_priv_class_rows(spec);
}

size_t microtl_snapshot_size(const struct microtl_head_spec *spec)
{
	return MICROTL_SNAPSHOT_SIZE(microtl_head_param_count(spec), name_count(spec));
}

static size_t widths_size(const struct microtl_head_spec *spec)
{
	return (spec->layer_count + 1U) * sizeof(spec->width[0]);
}

/* The prefix of every snapshot of such a head of such a model. */
static void fill_prefix(struct prefix *prefix, const struct microtl_head_spec *spec,
			const struct microtl_model_id *id)
{
	memset(prefix, 0, sizeof(*prefix));
	prefix->magic = MAGIC;
	prefix->format = MICROTL_SNAPSHOT_FORMAT;
	prefix->layer_count = spec->layer_count;
	prefix->loss = spec->loss;
	memcpy(prefix->width, spec->width, widths_size(spec));
	prefix->id = *id;
	prefix->param_count = (uint32_t)microtl_head_param_count(spec);
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
	struct prefix prefix;

	fill_prefix(&prefix, head->spec, id);
	prefix.sequence = sequence;
	prefix.classes = head->classes;
	int ret = put(&writer, &prefix, sizeof(prefix));
	if (ret == 0 && name_count(head->spec) > 0) {
		ret = put(&writer, names, name_count(head->spec) * sizeof(*names));
	}
	if (ret == 0) {
		ret = put(&writer, head->params, prefix.param_count * sizeof(*head->params));
	}
	return ret == 0 ? sink(&writer.crc, sizeof(writer.crc), user_data) : ret;
}

static int check_crc(size_t size, microtl_snapshot_source source, void *user_data)
{
	uint32_t stored;
	uint32_t crc;
	size_t end = size - sizeof(stored);
	int ret = microtl_priv_crc32_read(&crc, 0, end, source, user_data);

	if (ret == 0) {
		ret = source(end, &stored, sizeof(stored), user_data);
	}
	return ret != 0 || stored == crc ? ret : -EBADMSG;
}

static int read_prefix(struct prefix *prefix, size_t size, microtl_snapshot_source source,
		       void *user_data)
{
	if (size < sizeof(*prefix) + sizeof(uint32_t)) {
		return -ENOENT;
	}
	int ret = source(0, prefix, sizeof(*prefix), user_data);

	if (ret == 0 && prefix->magic != MAGIC) {
		ret = -ENOENT;
	} else if (ret == 0 && prefix->format > MICROTL_SNAPSHOT_FORMAT) {
		ret = -ENOTSUP;
	}
	return ret;
}

int microtl_snapshot_describe(size_t size, struct microtl_head_spec *spec,
			      struct microtl_model_id *id, microtl_snapshot_source source,
			      void *user_data)
{
	struct prefix prefix;
	int ret = read_prefix(&prefix, size, source, user_data);

	if (ret == 0 && (prefix.layer_count < 1 || prefix.layer_count > MICROTL_HEAD_LAYERS_MAX)) {
		ret = -EBADMSG;
	}
	if (ret != 0) {
		return ret;
	}
	*spec = (struct microtl_head_spec){
		.layer_count = prefix.layer_count,
		.loss = prefix.loss,
	};
	memcpy(spec->width, prefix.width, sizeof(spec->width));
	*id = prefix.id;
	return 0;
}

/* Whole first, whose afterwards: a flipped bit is damage, not another model. */
static int check(struct prefix *prefix, const struct microtl_head_spec *spec,
		 const struct microtl_model_id *id, size_t size,
		 enum microtl_snapshot_difference *difference, microtl_snapshot_source source,
		 void *user_data)
{
	int ret = read_prefix(prefix, size, source, user_data);

	if (ret == 0) {
		ret = check_crc(size, source, user_data);
	}
	if (ret != 0) {
		return ret;
	}

	enum microtl_snapshot_difference found = microtl_model_id_compare(&prefix->id, id);
	if (found == MICROTL_SNAPSHOT_SAME &&
	    (prefix->layer_count != spec->layer_count || prefix->loss != spec->loss ||
	     memcmp(prefix->width, spec->width, widths_size(spec)) != 0 ||
	     prefix->param_count != microtl_head_param_count(spec) ||
	     size != microtl_snapshot_size(spec))) {
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
	struct prefix prefix;

	return check(&prefix, spec, id, size, difference, source, user_data);
}

/* Only rows that the head has may take part. */
static bool classes_valid(const struct prefix *prefix, size_t rows)
{
	for (size_t c = rows; c < 8U * sizeof(prefix->classes); c++) {
		if (microtl_class_set_has(&prefix->classes, c)) {
			return false;
		}
	}
	return true;
}

int microtl_snapshot_read(const struct microtl_head_spec *spec, const struct microtl_model_id *id,
			  size_t size, microtl_param_t *params, struct microtl_class_name *names,
			  struct microtl_snapshot_info *info,
			  enum microtl_snapshot_difference *difference,
			  microtl_snapshot_source source, void *user_data)
{
	struct prefix prefix;
	size_t rows = name_count(spec);
	int ret = check(&prefix, spec, id, size, difference, source, user_data);

	if (ret == 0 && !classes_valid(&prefix, rows)) {
		ret = -EBADMSG;
	}
	if (ret == 0 && params != NULL) {
		ret = source(MICROTL_SNAPSHOT_PARAMS_OFFSET(rows), params,
			     prefix.param_count * sizeof(*params), user_data);
	}
	if (ret == 0 && rows > 0) {
		ret = source(sizeof(prefix), names, rows * sizeof(*names), user_data);
	}
	if (ret != 0) {
		return ret;
	}
	for (size_t c = 0; c < rows; c++) {
		names[c].text[MICROTL_CLASS_NAME_MAX] = '\0';
	}
	info->sequence = prefix.sequence;
	info->classes = prefix.classes;
	return 0;
}
