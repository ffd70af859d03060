/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "learning.h"

#include <errno.h>
#include <string.h>

#include "layers.h"
#include "serial.h"

static uint16_t class_rows(const struct microtl_learning *learning)
{
	return microtl_priv_class_rows(learning->active.spec);
}

void microtl_priv_row_forget(struct microtl_learning *learning, uint8_t label)
{
	bool is_factory = microtl_class_set_has(&learning->factory_rows, label);

	(void)microtl_replay_remove_class(&learning->replay, label);
	if (microtl_priv_has_ncm(learning)) {
		microtl_ncm_start(&learning->ncm, label, is_factory ? learning->model->base : NULL);
	}
}

static void set_row(struct microtl_learning *learning, uint8_t label, const char *name)
{
	const struct microtl_head_spec *spec = learning->active.spec;
	char *text = learning->memory.names[label].text;

	/* Fills up with zeros; the last byte is one. */
	strncpy(text, name, MICROTL_CLASS_NAME_MAX);
	microtl_class_set_remove(&learning->active.classes, label);
	microtl_class_set_remove(&learning->factory_rows, label);
	if (label < spec->class_count && strcmp(text, spec->class_names[label]) == 0) {
		microtl_class_set_add(&learning->factory_rows, label);
	}
	microtl_priv_row_forget(learning, label);
}

void microtl_priv_row_name(struct microtl_learning *learning, uint8_t label, const char *name)
{
	uint8_t other;

	if (microtl_learning_class_find(learning, name, &other) == 0) {
		set_row(learning, other, "");
	}
	set_row(learning, label, name);
}

/* The factory's classes in their rows, and its head. */
static int restore_factory(struct microtl_learning *learning)
{
	const struct microtl_head_spec *spec = learning->model->head;

	for (uint32_t c = 0; c < spec->class_count; c++) {
		if (!microtl_class_set_has(&learning->factory_rows, c)) {
			microtl_priv_row_name(learning, (uint8_t)c, spec->class_names[c]);
		}
	}
	return microtl_head_init(&learning->active, spec);
}

int microtl_learning_init(struct microtl_learning *learning, const struct microtl_model *model,
			  const struct microtl_fit_config *config,
			  const struct microtl_learning_memory *memory)
{
	if (MICROTL_WITH_CHECKS &&
	    (model->head == NULL || memory->names == NULL || memory->scratch == NULL)) {
		return -EINVAL;
	}
	memset(learning, 0, sizeof(*learning));
	learning->model = model;
	learning->config = config;
	learning->memory = *memory;
	int ret = microtl_head_init(&learning->active, model->head);
	if (ret == 0 && microtl_priv_is_mse(model->head->loss)) {
		ret = -ENOTSUP;
	}
	if (ret == 0) {
		ret = microtl_replay_init(&learning->replay, memory->replay_features,
					  memory->replay_entries, model->head->width[0],
					  memory->replay_capacity);
	}
	if (ret != 0) {
		return ret;
	}
	memset(memory->names, 0, class_rows(learning) * sizeof(*memory->names));
	if (microtl_priv_has_ncm(learning)) {
		ret = microtl_ncm_init(&learning->ncm, model->head, memory->ncm_means,
				       memory->ncm_counts);
	}
	return ret == 0 ? restore_factory(learning) : ret;
}

const char *microtl_learning_class_name(const struct microtl_learning *learning, uint8_t label)
{
	if (label >= class_rows(learning) || learning->memory.names[label].text[0] == '\0') {
		return NULL;
	}
	return learning->memory.names[label].text;
}

int microtl_learning_class_find(const struct microtl_learning *learning, const char *name,
				uint8_t *label)
{
	for (uint32_t c = 0; c < class_rows(learning); c++) {
		const char *known = microtl_learning_class_name(learning, (uint8_t)c);

		if (known != NULL && strcmp(known, name) == 0) {
			*label = (uint8_t)c;
			return 0;
		}
	}
	return -ENOENT;
}

int microtl_learning_class_add(struct microtl_learning *learning, const char *name, uint8_t *label)
{
	size_t length = strlen(name);

	if (length == 0 || length > MICROTL_CLASS_NAME_MAX) {
		return -EINVAL;
	}
	if (microtl_learning_class_find(learning, name, label) == 0) {
		return -EEXIST;
	}
	for (uint32_t c = 0; c < class_rows(learning); c++) {
		if (microtl_learning_class_name(learning, (uint8_t)c) == NULL) {
			microtl_priv_row_name(learning, (uint8_t)c, name);
			learning->replay.sequence++;
			*label = (uint8_t)c;
			return 0;
		}
	}
	return -ENOMEM;
}

int microtl_learning_class_remove(struct microtl_learning *learning, uint8_t label)
{
	if (microtl_learning_class_name(learning, label) == NULL) {
		return -ENOENT;
	}
	if (microtl_fit_running(&learning->fit)) {
		return -EBUSY;
	}
	microtl_priv_row_name(learning, label, "");
	learning->publishable = false;
	learning->replay.sequence++;
	return 0;
}

bool microtl_learning_uses_ncm(const struct microtl_learning *learning)
{
	return microtl_priv_has_ncm(learning) && learning->replay.capacity == 0 &&
	       learning->labelled;
}

void microtl_learning_scores(struct microtl_learning *learning, const int8_t *features,
			     microtl_real_t *scores, uint8_t *label)
{
	uint8_t best;

	if (microtl_learning_uses_ncm(learning)) {
		microtl_ncm_scores(&learning->ncm, features, scores);
		best = microtl_ncm_best(&learning->ncm, scores);
	} else {
		microtl_head_scores(&learning->active, features, scores, learning->memory.scratch);
		best = microtl_head_best(&learning->active, scores);
		microtl_head_activate(&learning->active, scores);
	}
	if (label != NULL) {
		*label = best;
	}
}

int microtl_learning_label(struct microtl_learning *learning, const int8_t *features, uint8_t label,
			   uint16_t recording, uint16_t *index)
{
	bool has_ncm = microtl_priv_has_ncm(learning);

	if (microtl_learning_class_name(learning, label) == NULL) {
		return -ENOENT;
	}
	int ret = microtl_replay_add(&learning->replay, features, label, recording, index);
	if (ret == -ENOMEM && has_ncm) {
		ret = 0;
	}
	if (ret == 0 && has_ncm) {
		ret = microtl_ncm_add(&learning->ncm, features, label);
	}
	if (ret == 0) {
		learning->labelled = true;
	}
	return ret;
}

int microtl_learning_train_start(struct microtl_learning *learning, uint64_t seed)
{
	if (microtl_fit_running(&learning->fit)) {
		return -EALREADY;
	}
	learning->publishable = true;
	return microtl_fit_start(&learning->fit, learning->config, &learning->memory.fit,
				 &learning->active, &learning->replay, learning->model->base,
				 &learning->factory_rows, seed);
}

int microtl_learning_train_step(struct microtl_learning *learning)
{
	return microtl_fit_step(&learning->fit);
}

/* The shadow's buffer becomes the active one, and the other way round. */
static void swap_buffers(struct microtl_learning *learning)
{
	microtl_param_t *buffer = learning->memory.active;

	learning->memory.active = learning->memory.fit.shadow;
	learning->memory.fit.shadow = buffer;
	learning->active.params = learning->memory.active;
}

int microtl_learning_publish(struct microtl_learning *learning, const microtl_param_t *stored)
{
	struct microtl_head trained;
	int ret = microtl_fit_head(&learning->fit, &trained);

	if (ret != 0) {
		return ret;
	}
	if (learning->fit.result.verdict != MICROTL_VERDICT_ACCEPTED || !learning->publishable) {
		return -EPERM;
	}
	if (MICROTL_WITH_CHECKS && stored == NULL && learning->memory.active == NULL) {
		return -EINVAL;
	}
	learning->active.classes = trained.classes;
	if (stored != NULL) {
		learning->active.params = stored;
	} else {
		swap_buffers(learning);
	}
	learning->publishable = false;
	return 0;
}

int microtl_learning_reset(struct microtl_learning *learning)
{
	if (microtl_fit_running(&learning->fit)) {
		return -EBUSY;
	}
	learning->publishable = false;
	learning->replay.sequence++;
	return restore_factory(learning);
}

int microtl_learning_forget(struct microtl_learning *learning)
{
	int ret = microtl_replay_forget(&learning->replay);

	if (ret == -EBUSY) {
		return ret;
	}
	for (uint32_t c = 0; c < class_rows(learning); c++) {
		if (!microtl_class_set_has(&learning->active.classes, c)) {
			microtl_priv_row_name(learning, (uint8_t)c, "");
		}
		microtl_priv_row_forget(learning, (uint8_t)c);
	}
	learning->publishable = false;
	learning->labelled = false;
	return ret;
}

static int read_snapshot(struct microtl_learning *learning, size_t size,
			 const microtl_param_t *stored, struct microtl_class_name *names,
			 struct microtl_snapshot_info *info,
			 enum microtl_snapshot_difference *difference,
			 microtl_snapshot_source source, void *user_data)
{
	return microtl_snapshot_read(learning->active.spec, &learning->model->id, size,
				     stored == NULL ? learning->memory.fit.shadow : NULL, names,
				     info, difference, source, user_data);
}

/* Takes over the names of a snapshot; a taught class stays where the snapshot has none. */
static void merge_names(struct microtl_learning *learning, const struct microtl_class_name *names)
{
	for (uint32_t c = 0; c < class_rows(learning); c++) {
		bool stays = names[c].text[0] == '\0' &&
			     !microtl_class_set_has(&learning->factory_rows, c);

		if (!stays && strcmp(learning->memory.names[c].text, names[c].text) != 0) {
			microtl_priv_row_name(learning, (uint8_t)c, names[c].text);
		}
	}
}

int microtl_learning_load(struct microtl_learning *learning, size_t size,
			  const microtl_param_t *stored,
			  enum microtl_snapshot_difference *difference,
			  microtl_snapshot_source source, void *user_data)
{
	/* The job's workspace is free now, and larger than the names of any number of rows. */
	struct microtl_class_name *names = learning->memory.fit.workspace;
	struct microtl_snapshot_info info;

	if (microtl_fit_running(&learning->fit)) {
		return -EBUSY;
	}
	if (MICROTL_WITH_CHECKS &&
	    (names == NULL ||
	     learning->memory.fit.workspace_size < class_rows(learning) * sizeof(*names) ||
	     (stored == NULL && learning->memory.active == NULL))) {
		return -EINVAL;
	}
	learning->publishable = false;
	int ret =
		read_snapshot(learning, size, stored, names, &info, difference, source, user_data);
	if (ret != 0) {
		return ret;
	}
	merge_names(learning, names);
	learning->active.classes = info.classes;
	learning->loaded_sequence = info.sequence;
	if (microtl_priv_is_newer(info.sequence, learning->replay.sequence)) {
		learning->replay.sequence = info.sequence;
	}
	/* What the log is told from now on is later than this head. */
	learning->replay.sequence++;
	if (stored != NULL) {
		learning->active.params = stored;
	} else {
		swap_buffers(learning);
	}
	return 0;
}

int microtl_learning_save(const struct microtl_learning *learning, bool trained,
			  microtl_snapshot_sink sink, void *user_data)
{
	struct microtl_head head = learning->active;

	if (trained) {
		int ret = microtl_fit_head(&learning->fit, &head);

		if (ret != 0) {
			return ret;
		}
	}
	return microtl_snapshot_write(&head, &learning->model->id, learning->memory.names,
				      learning->replay.sequence, sink, user_data);
}
