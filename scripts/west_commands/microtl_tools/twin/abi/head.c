/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What the heads of a learner say, and a head as bytes. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <microtl/learning.h>

#include "abi.h"
#include "learner.h"
#include "reals.h"

size_t microtl_twin_head_rows(const struct microtl_model *model)
{
	struct microtl_head head;

	if (model->head == NULL || microtl_head_init(&head, model->head) != 0) {
		return 0;
	}
	return microtl_head_class_rows(model->head);
}

static void copy_scores(const microtl_real_t *from, size_t rows, float *to)
{
	for (size_t c = 0; c < rows; c++) {
		to[c] = score_to_float(from[c]);
	}
}

static void run(const struct microtl_head *head, size_t count, const int8_t *features,
		bool activate, float *scores, microtl_real_t *scratch)
{
	const size_t rows = microtl_head_class_rows(head->spec);
	const size_t width = head->spec->width[0];
	microtl_real_t own[UINT16_MAX];

	for (size_t i = 0; i < count; i++) {
		microtl_head_scores(head, features + i * width, own, scratch);
		if (activate) {
			microtl_head_activate(head, own);
		}
		copy_scores(own, rows, scores + i * rows);
	}
}

int microtl_twin_head_run(const struct microtl_model *model, size_t count, const int8_t *features,
			  int activate, float *scores)
{
	const size_t rows = microtl_twin_head_rows(model);
	struct microtl_head head;

	if (rows == 0 || microtl_head_init(&head, model->head) != 0) {
		return -EINVAL;
	}

	microtl_real_t *scratch = calloc(microtl_head_scratch_count(model->head), sizeof(*scratch));

	if (scratch == NULL) {
		return -ENOMEM;
	}
	run(&head, count, features, activate != 0, scores, scratch);
	free(scratch);
	return 0;
}

/** The head that @a which names. */
static int head_of(const struct microtl_twin_learner *learner, int which, struct microtl_head *head)
{
	switch (which) {
	case MICROTL_TWIN_ACTIVE:
		*head = learner->learning.active;
		return 0;
	case MICROTL_TWIN_CANDIDATE:
		return microtl_fit_head(&learner->learning.fit, head);
	default:
		return -EINVAL;
	}
}

int microtl_twin_learner_scores(const struct microtl_twin_learner *learner, int which, size_t count,
				const int8_t *features, int activate, float *scores)
{
	const struct microtl_learning *learning = &learner->learning;
	const size_t width = microtl_twin_learner_feature_count(learner);
	const size_t rows = microtl_twin_learner_class_rows(learner);
	microtl_real_t own[MICROTL_CLASSES_MAX];
	struct microtl_head head;

	if (which == MICROTL_TWIN_NEAREST_MEAN) {
		for (size_t i = 0; i < count && !activate; i++) {
			microtl_ncm_scores(&learning->ncm, features + i * width, own);
			copy_scores(own, rows, scores + i * rows);
		}
		return activate ? -EINVAL : 0;
	}

	const int err = head_of(learner, which, &head);

	if (err == 0) {
		run(&head, count, features, activate != 0, scores, learning->memory.scratch);
	}
	return err;
}

int microtl_twin_learner_classes(const struct microtl_twin_learner *learner, int which,
				 uint8_t *mask)
{
	const size_t rows = microtl_twin_learner_class_rows(learner);
	struct microtl_head head;

	if (which == MICROTL_TWIN_NEAREST_MEAN) {
		for (size_t i = 0; i < rows; i++) {
			mask[i] = learner->learning.ncm.counts[i] > 0 ? 1 : 0;
		}
		return 0;
	}

	const int err = head_of(learner, which, &head);

	for (size_t i = 0; err == 0 && i < rows; i++) {
		mask[i] = microtl_class_set_has(&head.classes, (uint8_t)i) ? 1 : 0;
	}
	return err;
}

int microtl_twin_learner_params(const struct microtl_twin_learner *learner, int which,
				float *params)
{
	struct microtl_head head;
	const int err = head_of(learner, which, &head);

	for (size_t i = 0; err == 0 && i < microtl_twin_learner_param_count(learner); i++) {
		params[i] = param_to_float(head.params[i]);
	}
	return err;
}

size_t microtl_twin_learner_snapshot_size(const struct microtl_twin_learner *learner)
{
	return microtl_snapshot_size(learner->learning.model->head);
}

static int append(const void *data, size_t size, void *user_data)
{
	uint8_t **end = user_data;

	memcpy(*end, data, size);
	*end += size;
	return 0;
}

int microtl_twin_learner_save(const struct microtl_twin_learner *learner, uint8_t *bytes)
{
	return microtl_learning_save(&learner->learning, false, append, &bytes);
}

/** A snapshot in memory. */
struct source {
	const uint8_t *bytes;
	size_t size;
};

static int read_at(size_t offset, void *data, size_t size, void *user_data)
{
	const struct source *source = user_data;

	if (offset > source->size || size > source->size - offset) {
		return -EIO;
	}
	memcpy(data, source->bytes + offset, size);
	return 0;
}

int microtl_twin_learner_load(struct microtl_twin_learner *learner, const uint8_t *bytes,
			      size_t size, const char **difference)
{
	struct source source = {bytes, size};
	enum microtl_snapshot_difference differs = MICROTL_SNAPSHOT_SAME;
	const int err =
		microtl_learning_load(&learner->learning, size, NULL, &differs, read_at, &source);

	*difference =
		differs == MICROTL_SNAPSHOT_SAME ? "" : microtl_snapshot_difference_text(differs);
	return err;
}
