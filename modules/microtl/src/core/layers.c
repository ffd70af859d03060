/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "layers.h"

struct microtl_priv_layer microtl_priv_find_layer(const struct microtl_head_spec *spec,
						  uint8_t index)
{
	struct microtl_priv_layer layer = {0};

	for (uint8_t l = 0; l <= index; l++) {
		layer.in = spec->width[l];
		layer.out = spec->width[l + 1];
		layer.weights = l == 0 ? 0 : layer.bias + layer.in;
		layer.bias = layer.weights + layer.in * layer.out;
	}
	return layer;
}

size_t microtl_priv_rows_used(const struct microtl_head_spec *spec,
			      const struct microtl_class_set *classes)
{
	size_t rows = microtl_priv_class_rows(spec);

	while (rows > 0 && !microtl_priv_takes_part(spec->loss, classes, rows - 1U)) {
		rows--;
	}
	return rows;
}
