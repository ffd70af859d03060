/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/head.h>

#include <errno.h>
#include <string.h>

#include "layers.h"

uint16_t microtl_class_set_count(const struct microtl_class_set *set)
{
	uint16_t count = 0;

	for (size_t i = 0; i < sizeof(set->bits) / sizeof(set->bits[0]); i++) {
		for (uint32_t left = set->bits[i]; left != 0U; left &= left - 1U) {
			count++;
		}
	}
	return count;
}

size_t microtl_head_param_count(const struct microtl_head_spec *spec)
{
	struct microtl_priv_layer last = microtl_priv_last_layer(spec);

	return last.bias + last.out;
}

size_t microtl_head_hidden_count(const struct microtl_head_spec *spec)
{
	size_t count = 0;

	for (uint8_t l = 0; l < microtl_priv_last(spec); l++) {
		count += spec->width[l + 1];
	}
	return count;
}

size_t microtl_head_scratch_count(const struct microtl_head_spec *spec)
{
	return MICROTL_HEAD_SCRATCH_COUNT(microtl_priv_hidden_count(spec));
}

uint16_t microtl_head_class_rows(const struct microtl_head_spec *spec)
{
	return spec->width[microtl_priv_last(spec) + 1U];
}

uint16_t microtl_head_input_count(const struct microtl_head_spec *spec)
{
	return spec->width[microtl_priv_last(spec)];
}

/* The build can run it. */
static bool spec_supported(const struct microtl_head_spec *spec)
{
	bool has_loss = spec->loss == MICROTL_LOSS_SOFTMAX || microtl_priv_is_sigmoid(spec->loss) ||
			microtl_priv_is_mse(spec->loss);

	return has_loss && spec->layer_count >= 1 &&
	       spec->layer_count <= (MICROTL_WITH_HIDDEN ? MICROTL_HEAD_LAYERS_MAX : 1);
}

/* Nothing is missing, and it fits together. */
static bool spec_valid(const struct microtl_head_spec *spec)
{
	for (uint8_t l = 0; l <= spec->layer_count; l++) {
		if (spec->width[l] == 0) {
			return false;
		}
	}
	uint16_t rows = microtl_priv_class_rows(spec);

	return spec->params != NULL && spec->feature_scale != NULL &&
	       spec->feature_offset != NULL && spec->class_count <= rows &&
	       (microtl_priv_is_mse(spec->loss) || rows <= MICROTL_CLASSES_MAX);
}

int microtl_head_init(struct microtl_head *head, const struct microtl_head_spec *spec)
{
	if (!spec_supported(spec) || (MICROTL_WITH_CHECKS && !spec_valid(spec))) {
		return -EINVAL;
	}
	bool has_classes = !microtl_priv_is_mse(spec->loss);

	head->spec = spec;
	head->params = spec->params;
	memset(&head->classes, 0, sizeof(head->classes));
	for (uint32_t c = 0; has_classes && c < spec->class_count; c++) {
		microtl_class_set_add(&head->classes, c);
	}
	return 0;
}

uint8_t microtl_head_best(const struct microtl_head *head, const microtl_real_t *scores)
{
	size_t rows = microtl_priv_class_rows(head->spec);
	uint8_t best = MICROTL_LABEL_NONE;

	if (microtl_priv_is_mse(head->spec->loss)) {
		return best;
	}
	for (size_t c = 0; c < rows; c++) {
		if (microtl_class_set_has(&head->classes, c) &&
		    (best == MICROTL_LABEL_NONE || scores[c] > scores[best])) {
			best = (uint8_t)c;
		}
	}
	return best;
}
