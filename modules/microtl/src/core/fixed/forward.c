/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "forward.h"

#include "dense.h"
#include "layers.h"

size_t microtl_priv_tile_count(const struct microtl_head_spec *spec, size_t begin)
{
	size_t left = spec->width[0] - begin;

	return left < MICROTL_PRIV_TILE ? left : MICROTL_PRIV_TILE;
}

void microtl_priv_tile(const struct microtl_head_spec *spec, const int8_t *features, size_t begin,
		       int16_t *tile)
{
	microtl_priv_dense_features(features + begin, spec->feature_scale + begin,
				    spec->feature_offset + begin, tile,
				    microtl_priv_tile_count(spec, begin));
}

void microtl_priv_forward(const struct microtl_head_spec *spec, const microtl_param_t *params,
			  size_t rows, const int8_t *features, microtl_real_t *scores,
			  int16_t *tile)
{
	struct microtl_priv_layer layer = microtl_priv_layer(spec, 0);

	for (size_t o = 0; o < rows; o++) {
		scores[o] = params[layer.bias + o] >> (MICROTL_PARAM_BITS - MICROTL_REAL_BITS);
	}
	for (size_t begin = 0; begin < layer.in; begin += MICROTL_PRIV_TILE) {
		microtl_priv_tile(spec, features, begin, tile);
		microtl_priv_dense_forward(params + layer.weights + begin, layer.in, rows, tile,
					   microtl_priv_tile_count(spec, begin), scores);
	}
}
