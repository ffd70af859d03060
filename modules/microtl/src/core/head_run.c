/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What a head computes: scores, probabilities, the first weights of a new class. */

#include <microtl/head.h>

#include <string.h>

#include "dense.h"
#include "forward.h"
#include "layers.h"
#include "loss.h"
#include "mathf.h"

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
		microtl_priv_dense_add_row(row, hidden + microtl_priv_hidden_count(spec) - inputs,
					   inputs, 1.0f);
		return;
	}
	for (size_t begin = 0; begin < inputs; begin += MICROTL_HEAD_TILE) {
		size_t count = microtl_priv_tile_count(spec, begin);

		microtl_priv_dequantize(spec, features, begin, count, tile);
		microtl_priv_dense_add_row(row + begin, tile, count, 1.0f);
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
