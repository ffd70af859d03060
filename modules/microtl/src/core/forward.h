/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The forward pass; features pass through a tile. */

#ifndef MICROTL_CORE_FORWARD_H_
#define MICROTL_CORE_FORWARD_H_

#include <stddef.h>
#include <stdint.h>

#include <microtl/head.h>

/* Features [begin, begin + count) of q as floats, count <= MICROTL_HEAD_TILE. */
void microtl_priv_dequantize(const struct microtl_head_spec *spec, const int8_t *features,
			     size_t begin, size_t count, float *tile);

/* Features in the tile that begins at begin. */
static inline size_t microtl_priv_tile_count(const struct microtl_head_spec *spec, size_t begin)
{
	size_t left = spec->width[0] - begin;

	return left < MICROTL_HEAD_TILE ? left : MICROTL_HEAD_TILE;
}

/*
 * Outputs of all hidden layers, one behind the other.
 * hidden: [microtl_head_hidden_count()], tile: [MICROTL_HEAD_TILE].
 */
void microtl_priv_forward_hidden(const struct microtl_head_spec *spec, const float *params,
				 const int8_t *features, float *hidden, float *tile);

/*
 * Scores of rows 0..rows - 1 of the last layer, classes that take no part included.
 * hidden and tile as above; hidden holds the activations afterwards.
 */
void microtl_priv_forward(const struct microtl_head_spec *spec, const float *params, size_t rows,
			  const int8_t *features, float *scores, float *hidden, float *tile);

#endif /* MICROTL_CORE_FORWARD_H_ */
