/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What the files of the head share: its layers in the flat parameters. */

#ifndef MICROTL_CORE_LAYERS_H_
#define MICROTL_CORE_LAYERS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microtl/head.h>

#include "build_options.h"

/* Losses that a build may leave out: false then, and the code behind it goes. */
static inline bool microtl_priv_is_sigmoid(unsigned int loss)
{
	return MICROTL_WITH_SIGMOID && loss == MICROTL_LOSS_SIGMOID;
}

static inline bool microtl_priv_is_mse(unsigned int loss)
{
	return MICROTL_WITH_MSE && loss == MICROTL_LOSS_MSE;
}

static inline bool microtl_priv_is_softmax(unsigned int loss)
{
	return (!MICROTL_WITH_SIGMOID && !MICROTL_WITH_MSE) || loss == MICROTL_LOSS_SOFTMAX;
}

/* Number of the last layer. */
static inline uint8_t microtl_priv_last(const struct microtl_head_spec *spec)
{
	return MICROTL_WITH_HIDDEN ? (uint8_t)(spec->layer_count - 1U) : 0U;
}

/* As in head.h, without a call where there is but one layer. */
static inline uint16_t microtl_priv_class_rows(const struct microtl_head_spec *spec)
{
	return MICROTL_WITH_HIDDEN ? microtl_head_class_rows(spec) : spec->width[1];
}

static inline size_t microtl_priv_hidden_count(const struct microtl_head_spec *spec)
{
	return MICROTL_WITH_HIDDEN ? microtl_head_hidden_count(spec) : 0U;
}

/* Where a layer lies in the parameters: weights [out][in], then bias [out]. */
struct microtl_priv_layer {
	size_t in;
	size_t out;
	size_t weights;
	size_t bias;
};

/* Goes through the layers up to one. */
struct microtl_priv_layer microtl_priv_find_layer(const struct microtl_head_spec *spec,
						  uint8_t index);

static inline struct microtl_priv_layer microtl_priv_layer(const struct microtl_head_spec *spec,
							   uint8_t index)
{
	if (MICROTL_WITH_HIDDEN) {
		return microtl_priv_find_layer(spec, index);
	}
	return (struct microtl_priv_layer){
		.in = spec->width[0],
		.out = spec->width[1],
		.bias = (size_t)spec->width[0] * spec->width[1],
	};
}

static inline struct microtl_priv_layer
microtl_priv_last_layer(const struct microtl_head_spec *spec)
{
	return microtl_priv_layer(spec, microtl_priv_last(spec));
}

/* Whether a row of the last layer takes part: with MICROTL_LOSS_MSE all do, being no classes. */
static inline bool microtl_priv_takes_part(unsigned int loss,
					   const struct microtl_class_set *classes, size_t row)
{
	return microtl_priv_is_mse(loss) || microtl_class_set_has(classes, row);
}

/* Rows of the last layer up to the highest that takes part. */
size_t microtl_priv_rows_used(const struct microtl_head_spec *spec,
			      const struct microtl_class_set *classes);

#endif /* MICROTL_CORE_LAYERS_H_ */
