/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/head.h>

#include <errno.h>
#include <string.h>

#include "dense.h"
#include "layers.h"
#include "loss.h"
#include "mathf.h"

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

static bool takes_part(const struct microtl_head *head, size_t row)
{
	return microtl_priv_takes_part(head->spec->loss, &head->classes, row);
}

void microtl_head_scores(const struct microtl_head *head, const int8_t *features, float *scores,
			 float *scratch)
{
	size_t rows = microtl_priv_class_rows(head->spec);
	float *tile = scratch;
	float *hidden = scratch + MICROTL_HEAD_TILE;

	microtl_priv_forward(head->spec, head->params,
			     microtl_priv_rows_used(head->spec, &head->classes), features, scores,
			     hidden, tile);
	for (size_t c = 0; c < rows; c++) {
		if (!takes_part(head, c)) {
			scores[c] = MICROTL_SCORE_NONE;
		}
	}
}

void microtl_head_activate(const struct microtl_head *head, float *scores)
{
	size_t rows = microtl_priv_class_rows(head->spec);

	if (microtl_priv_is_softmax(head->spec->loss)) {
		float top;

		(void)microtl_priv_softmax(&head->classes, rows, scores, &top);
	} else if (microtl_priv_is_sigmoid(head->spec->loss)) {
		for (size_t c = 0; c < rows; c++) {
			scores[c] = microtl_priv_sigmoid(scores[c]);
		}
	}
	for (size_t c = 0; c < rows; c++) {
		if (!takes_part(head, c)) {
			scores[c] = 0.0f;
		}
	}
}

uint8_t microtl_head_best(const struct microtl_head *head, const float *scores)
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

static float *last_row(const struct microtl_head_spec *spec, float *params, uint8_t label)
{
	struct microtl_priv_layer last = microtl_priv_last_layer(spec);

	return params + last.weights + label * last.in;
}

void microtl_head_imprint_begin(const struct microtl_head_spec *spec, float *params, uint8_t label)
{
	memset(last_row(spec, params, label), 0, microtl_head_input_count(spec) * sizeof(float));
}

void microtl_head_imprint_add(const struct microtl_head_spec *spec, float *params, uint8_t label,
			      const int8_t *features, float *scratch)
{
	float *row = last_row(spec, params, label);
	float *tile = scratch;
	float *hidden = scratch + MICROTL_HEAD_TILE;
	size_t inputs = microtl_head_input_count(spec);

	if (microtl_priv_last(spec) > 0) {
		microtl_priv_forward_hidden(spec, params, features, hidden, tile);
		microtl_priv_dense_gradient(row, hidden + microtl_priv_hidden_count(spec) - inputs,
					    inputs, 1.0f);
		return;
	}
	for (size_t begin = 0; begin < inputs; begin += MICROTL_HEAD_TILE) {
		size_t count = microtl_priv_tile_count(spec, begin);

		microtl_priv_dequantize(spec, features, begin, count, tile);
		microtl_priv_dense_gradient(row + begin, tile, count, 1.0f);
	}
}

/* Not inlined, as it is called twice. */
__attribute__((noinline)) static float norm(const float *row, size_t count)
{
	float sum = 0.0f;

	for (size_t i = 0; i < count; i++) {
		sum += row[i] * row[i];
	}
	return microtl_priv_sqrtf(sum);
}

void microtl_head_imprint_end(const struct microtl_head_spec *spec, float *params,
			      struct microtl_class_set *classes, uint8_t label, uint16_t count)
{
	struct microtl_priv_layer last = microtl_priv_last_layer(spec);
	float *row = params + last.weights + label * last.in;
	float others = 0.0f;
	float norm_sum = 0.0f;
	float bias_sum = 0.0f;

	for (size_t c = 0; c < last.out; c++) {
		if (c != label && microtl_class_set_has(classes, c)) {
			norm_sum += norm(params + last.weights + c * last.in, last.in);
			bias_sum += params[last.bias + c];
			others += 1.0f;
		}
	}

	float own = norm(row, last.in);
	float factor = 1.0f / (float)count;
	params[last.bias + label] = 0.0f;
	if (others > 0.0f) {
		factor = own > 0.0f ? (norm_sum / others) / own : 0.0f;
		params[last.bias + label] = bias_sum / others;
	}
	for (size_t i = 0; i < last.in; i++) {
		row[i] *= factor;
	}
	microtl_class_set_add(classes, label);
}
