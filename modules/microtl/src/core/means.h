/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The arithmetic of the nearest class mean. */

#ifndef MICROTL_CORE_MEANS_H_
#define MICROTL_CORE_MEANS_H_

#include <stdint.h>

#include <microtl/head.h>

/* Counts features in: count of them with these, at least 1. mean: [width[0]]. */
void microtl_priv_mean_add(const struct microtl_head_spec *spec, const int8_t *features,
			   uint16_t count, microtl_param_t *mean);

/* Squared distance from features to a mean; in fixed point divided by their number. */
microtl_real_t microtl_priv_mean_distance(const struct microtl_head_spec *spec,
					  const int8_t *features, const microtl_param_t *mean);

#endif /* MICROTL_CORE_MEANS_H_ */
