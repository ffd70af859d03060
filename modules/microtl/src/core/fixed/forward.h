/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The forward pass of one dense layer; features pass through a tile. */

#ifndef MICROTL_CORE_FIXED_FORWARD_H_
#define MICROTL_CORE_FIXED_FORWARD_H_

#include <microtl/head.h>

/* Features at a time: as many as fit into MICROTL_HEAD_TILE words. */
#define MICROTL_PRIV_TILE (MICROTL_HEAD_TILE * 2U)

/* Features in the tile that begins at begin. */
size_t microtl_priv_tile_count(const struct microtl_head_spec *spec, size_t begin);

/* Features of the tile that begins at begin, 8 fraction bits. */
void microtl_priv_tile(const struct microtl_head_spec *spec, const int8_t *features, size_t begin,
		       int16_t *tile);

/* Scores of rows 0..rows - 1, classes that take no part included; leaves the last tile behind. */
void microtl_priv_forward(const struct microtl_head_spec *spec, const microtl_param_t *params,
			  size_t rows, const int8_t *features, microtl_real_t *scores,
			  int16_t *tile);

#endif /* MICROTL_CORE_FIXED_FORWARD_H_ */
