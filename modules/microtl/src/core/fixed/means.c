/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "means.h"

#include "dense.h"
#include "mathf.h"

/* Fraction bits of a mean beyond those of a feature. */
#define MEAN_SHIFT (MICROTL_REAL_BITS - MICROTL_PRIV_FEATURE_BITS)

static int32_t feature(const struct microtl_head_spec *spec, const int8_t *features, size_t i)
{
	int16_t u;

	microtl_priv_dense_features(features + i, spec->feature_scale + i, spec->feature_offset + i,
				    &u, 1);
	return u;
}

void microtl_priv_mean_add(const struct microtl_head_spec *spec, const int8_t *features,
			   uint16_t count, microtl_param_t *mean)
{
	for (size_t i = 0; i < spec->width[0]; i++) {
		int32_t u = feature(spec, features, i) * (1 << MEAN_SHIFT);

		mean[i] += (u - mean[i]) / (int32_t)count;
	}
}

/* Mean of the squared distances over the features: their sum may be too large. */
microtl_real_t microtl_priv_mean_distance(const struct microtl_head_spec *spec,
					  const int8_t *features, const microtl_param_t *mean)
{
	int64_t sum = 0;

	for (size_t i = 0; i < spec->width[0]; i++) {
		int32_t off = feature(spec, features, i) - (mean[i] >> MEAN_SHIFT);

		sum += off * off;
	}
	return microtl_priv_clamp64(
		sum * (1 << (MICROTL_REAL_BITS - 2 * MICROTL_PRIV_FEATURE_BITS)) / spec->width[0]);
}
