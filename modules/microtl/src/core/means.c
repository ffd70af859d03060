/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "means.h"

static float feature(const struct microtl_head_spec *spec, const int8_t *features, size_t i)
{
	return (float)features[i] * spec->feature_scale[i] + spec->feature_offset[i];
}

void microtl_priv_mean_add(const struct microtl_head_spec *spec, const int8_t *features,
			   uint16_t count, microtl_param_t *mean)
{
	float share = 1.0f / (float)count;

	for (size_t i = 0; i < spec->width[0]; i++) {
		mean[i] += (feature(spec, features, i) - mean[i]) * share;
	}
}

microtl_real_t microtl_priv_mean_distance(const struct microtl_head_spec *spec,
					  const int8_t *features, const microtl_param_t *mean)
{
	float sum = 0.0f;

	for (size_t i = 0; i < spec->width[0]; i++) {
		float off = feature(spec, features, i) - mean[i];

		sum += off * off;
	}
	return sum;
}
