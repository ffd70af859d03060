/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "forward.h"

#include "dense.h"
#include "layers.h"

void microtl_priv_dequantize(const struct microtl_head_spec *spec, const int8_t *features,
			     size_t begin, size_t count, float *tile)
{
	microtl_priv_dense_dequantize(features + begin, spec->feature_scale + begin,
				      spec->feature_offset + begin, tile, count);
}

/* First layer: features pass through the tile, so that they never exist as floats all at once. */
static void forward_features(const struct microtl_head_spec *spec, const float *params, size_t rows,
			     const int8_t *features, float *y, float *tile)
{
	struct microtl_priv_layer layer = microtl_priv_layer(spec, 0);

	const float *sums = params + layer.bias;

	for (size_t begin = 0; begin < layer.in; begin += MICROTL_HEAD_TILE) {
		size_t count = microtl_priv_tile_count(spec, begin);

		microtl_priv_dequantize(spec, features, begin, count, tile);
		microtl_priv_dense_forward(&(struct microtl_priv_forward){
			.x = tile,
			.columns = count,
			.y = y,
			.begin = sums,
			.weights = params + layer.weights + begin,
			.rows = rows,
			.stride = layer.in,
		});
		sums = y;
	}
}

static void forward_layer(const struct microtl_head_spec *spec, const float *params, uint8_t index,
			  size_t rows, const float *x, float *y)
{
	struct microtl_priv_layer layer = microtl_priv_layer(spec, index);

	microtl_priv_dense_forward(&(struct microtl_priv_forward){
		.x = x,
		.columns = layer.in,
		.y = y,
		.begin = params + layer.bias,
		.weights = params + layer.weights,
		.rows = rows,
		.stride = layer.in,
	});
}

/* A NaN passes through, so that it shows in the scores. */
static void relu(float *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		values[i] = values[i] < 0.0f ? 0.0f : values[i];
	}
}

void microtl_priv_forward_hidden(const struct microtl_head_spec *spec, const float *params,
				 const int8_t *features, float *hidden, float *tile)
{
	const float *x = NULL;

	for (uint8_t l = 0; l < microtl_priv_last(spec); l++) {
		size_t width = spec->width[l + 1];

		if (l == 0) {
			forward_features(spec, params, width, features, hidden, tile);
		} else {
			forward_layer(spec, params, l, width, x, hidden);
		}
		relu(hidden, width);
		x = hidden;
		hidden += width;
	}
}

void microtl_priv_forward(const struct microtl_head_spec *spec, const float *params, size_t rows,
			  const int8_t *features, float *scores, float *hidden, float *tile)
{
	uint8_t last = microtl_priv_last(spec);

	if (last == 0) {
		forward_features(spec, params, rows, features, scores, tile);
		return;
	}
	microtl_priv_forward_hidden(spec, params, features, hidden, tile);
	const float *x = hidden + microtl_priv_hidden_count(spec) - spec->width[last];
	forward_layer(spec, params, last, rows, x, scores);
}
