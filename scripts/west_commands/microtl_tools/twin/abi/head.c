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

size_t microtl_twin_head_rows(const struct microtl_model *model)
{
	struct microtl_head head;

	if (model->head == NULL || microtl_head_init(&head, model->head) != 0) {
		return 0;
	}
	return microtl_head_class_rows(model->head);
}

int microtl_twin_head_run(const struct microtl_model *model, size_t count, const int8_t *features,
			  int activate, float *scores)
{
	const size_t rows = microtl_twin_head_rows(model);
	struct microtl_head head;

	if (rows == 0 || microtl_head_init(&head, model->head) != 0) {
		return -EINVAL;
	}

	const size_t width = model->head->width[0];
	float *scratch = calloc(microtl_head_scratch_count(model->head), sizeof(*scratch));

	if (scratch == NULL) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		microtl_head_scores(&head, features + i * width, scores + i * rows, scratch);
		if (activate) {
			microtl_head_activate(&head, scores + i * rows);
		}
	}
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
				const int8_t *features, float *scores)
{
	const struct microtl_learning *learning = &learner->learning;
	const size_t width = microtl_twin_learner_feature_count(learner);
	const size_t rows = microtl_twin_learner_class_rows(learner);
	struct microtl_head head;

	if (which == MICROTL_TWIN_NEAREST_MEAN) {
		for (size_t i = 0; i < count; i++) {
			microtl_ncm_scores(&learning->ncm, features + i * width, scores + i * rows);
		}
		return 0;
	}

	const int err = head_of(learner, which, &head);

	for (size_t i = 0; err == 0 && i < count; i++) {
		microtl_head_scores(&head, features + i * width, scores + i * rows,
				    learning->memory.scratch);
	}
	return err;
}

int microtl_twin_learner_activate(const struct microtl_twin_learner *learner, int which,
				  size_t count, float *scores)
{
	const size_t rows = microtl_twin_learner_class_rows(learner);
	struct microtl_head head;
	const int err = head_of(learner, which, &head);

	for (size_t i = 0; err == 0 && i < count; i++) {
		microtl_head_activate(&head, scores + i * rows);
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

	if (err == 0) {
		memcpy(params, head.params,
		       microtl_twin_learner_param_count(learner) * sizeof(float));
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
