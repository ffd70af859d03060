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

/* Fraction bits of a weight whose square is summed, and of a mean feature. */
#define NORM_BITS 15
#define MEAN_BITS 16

void microtl_head_scores(const struct microtl_head *head, const int8_t *features,
			 microtl_real_t *scores, microtl_real_t *scratch)
{
	size_t rows = microtl_priv_class_rows(head->spec);

	microtl_priv_forward(head->spec, head->params,
			     microtl_priv_rows_used(head->spec, &head->classes), features, scores,
			     (void *)scratch);
	for (size_t c = 0; c < rows; c++) {
		if (!microtl_class_set_has(&head->classes, (uint8_t)c)) {
			scores[c] = MICROTL_SCORE_NONE;
		}
	}
}

void microtl_head_activate(const struct microtl_head *head, microtl_real_t *scores)
{
	microtl_real_t top;

	(void)microtl_priv_softmax(&head->classes, microtl_priv_class_rows(head->spec), scores,
				   &top);
}

static microtl_param_t *row_of(const struct microtl_head_spec *spec, microtl_param_t *params,
			       size_t label)
{
	return params + label * spec->width[0];
}

void microtl_head_imprint_begin(const struct microtl_head_spec *spec, microtl_param_t *params,
				uint8_t label)
{
	memset(row_of(spec, params, label), 0, spec->width[0] * sizeof(*params));
}

/* At most 65535 samples, each below 2^13. */
void microtl_head_imprint_add(const struct microtl_head_spec *spec, microtl_param_t *params,
			      uint8_t label, const int8_t *features, microtl_real_t *scratch)
{
	microtl_param_t *row = row_of(spec, params, label);
	int16_t *tile = (void *)scratch;

	for (size_t begin = 0; begin < spec->width[0]; begin += MICROTL_PRIV_TILE) {
		microtl_priv_tile(spec, features, begin, tile);
		for (size_t i = 0; i < microtl_priv_tile_count(spec, begin); i++) {
			row[begin + i] += tile[i];
		}
	}
}

static int64_t norm(const microtl_param_t *row, size_t count, int shift)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		int64_t x = row[i] >> shift;

		sum += (uint64_t)(x * x);
	}
	return microtl_priv_root(sum);
}

void microtl_head_imprint_end(const struct microtl_head_spec *spec, microtl_param_t *params,
			      struct microtl_class_set *classes, uint8_t label, uint16_t count)
{
	struct microtl_priv_layer layer = microtl_priv_layer(spec, 0);
	microtl_param_t *row = row_of(spec, params, label);
	int64_t norm_sum = 0;
	int64_t bias_sum = 0;
	int32_t others = 0;

	for (size_t c = 0; c < layer.out; c++) {
		if (c != label && microtl_class_set_has(classes, (uint8_t)c)) {
			norm_sum += norm(row_of(spec, params, c), layer.in,
					 MICROTL_PARAM_BITS - NORM_BITS);
			bias_sum += params[layer.bias + c];
			others++;
		}
	}
	for (size_t i = 0; i < layer.in; i++) {
		row[i] = (microtl_param_t)((int64_t)row[i] *
					   (1 << (MEAN_BITS - MICROTL_PRIV_FEATURE_BITS)) / count);
	}
	int64_t own = norm(row, layer.in, 0);
	int64_t want = others > 0 ? norm_sum / others : own >> (MEAN_BITS - NORM_BITS);

	params[layer.bias + label] = others > 0 ? (microtl_param_t)(bias_sum / others) : 0;
	for (size_t i = 0; i < layer.in; i++) {
		int64_t scaled =
			own > 0 ? row[i] * want * (1 << (MICROTL_PARAM_BITS - NORM_BITS)) / own : 0;

		row[i] = microtl_priv_param_clamp(microtl_priv_clamp64(scaled));
	}
	microtl_class_set_add(classes, label);
}
