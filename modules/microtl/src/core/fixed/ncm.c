/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/ncm.h>

#include <errno.h>
#include <string.h>

#include "dense.h"
#include "layers.h"
#include "mathf.h"

/* Fraction bits of a mean beyond those of a feature. */
#define MEAN_SHIFT (MICROTL_REAL_BITS - MICROTL_PRIV_FEATURE_BITS)

int microtl_ncm_init(struct microtl_ncm *ncm, const struct microtl_head_spec *spec,
		     microtl_param_t *means, uint16_t *counts, const struct microtl_base_set *base)
{
	if (means == NULL || counts == NULL) {
		return -EINVAL;
	}
	*ncm = (struct microtl_ncm){.spec = spec, .means = means, .counts = counts};
	memset(counts, 0, microtl_priv_class_rows(spec) * sizeof(*counts));
	for (size_t i = 0; base != NULL && i + base->gate_count < base->count; i++) {
		int ret =
			microtl_ncm_add(ncm, base->features + i * spec->width[0], base->labels[i]);

		if (ret != 0) {
			return ret;
		}
	}
	return 0;
}

static int32_t feature(const struct microtl_head_spec *spec, const int8_t *features, size_t i)
{
	int16_t u;

	microtl_priv_dense_features(features + i, spec->feature_scale + i, spec->feature_offset + i,
				    &u, 1);
	return u;
}

int microtl_ncm_add(struct microtl_ncm *ncm, const int8_t *features, uint8_t label)
{
	const struct microtl_head_spec *spec = ncm->spec;

	if (label >= microtl_priv_class_rows(spec)) {
		return -EINVAL;
	}
	microtl_param_t *mean = ncm->means + (size_t)label * spec->width[0];
	if (ncm->counts[label] == 0) {
		memset(mean, 0, spec->width[0] * sizeof(*mean));
	}
	if (ncm->counts[label] < UINT16_MAX) {
		ncm->counts[label]++;
	}
	for (size_t i = 0; i < spec->width[0]; i++) {
		int32_t u = feature(spec, features, i) * (1 << MEAN_SHIFT);

		mean[i] += (u - mean[i]) / (int32_t)ncm->counts[label];
	}
	return 0;
}

void microtl_ncm_remove(struct microtl_ncm *ncm, uint8_t label)
{
	if (label < microtl_priv_class_rows(ncm->spec)) {
		ncm->counts[label] = 0;
	}
}

/* Mean of the squared distances over the features: their sum may be too large. */
static microtl_real_t distance(const struct microtl_head_spec *spec, const int8_t *features,
			       const microtl_param_t *mean)
{
	int64_t sum = 0;

	for (size_t i = 0; i < spec->width[0]; i++) {
		int32_t off = feature(spec, features, i) - (mean[i] >> MEAN_SHIFT);

		sum += off * off;
	}
	return microtl_priv_clamp64(
		sum * (1 << (MICROTL_REAL_BITS - 2 * MICROTL_PRIV_FEATURE_BITS)) / spec->width[0]);
}

void microtl_ncm_scores(const struct microtl_ncm *ncm, const int8_t *features,
			microtl_real_t *scores)
{
	const struct microtl_head_spec *spec = ncm->spec;

	for (size_t c = 0; c < microtl_priv_class_rows(spec); c++) {
		scores[c] = ncm->counts[c] == 0
				    ? MICROTL_SCORE_NONE
				    : -distance(spec, features, ncm->means + c * spec->width[0]);
	}
}

uint8_t microtl_ncm_best(const struct microtl_ncm *ncm, const microtl_real_t *scores)
{
	uint8_t best = MICROTL_LABEL_NONE;

	for (size_t c = 0; c < microtl_priv_class_rows(ncm->spec); c++) {
		if (ncm->counts[c] > 0 &&
		    (best == MICROTL_LABEL_NONE || scores[c] > scores[best])) {
			best = (uint8_t)c;
		}
	}
	return best;
}
