/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/ncm.h>

#include <errno.h>
#include <string.h>

#include "layers.h"

int microtl_ncm_init(struct microtl_ncm *ncm, const struct microtl_head_spec *spec, float *means,
		     uint16_t *counts, const struct microtl_base_set *base)
{
	size_t rows = microtl_priv_class_rows(spec);

	if (means == NULL || counts == NULL) {
		return -EINVAL;
	}
	*ncm = (struct microtl_ncm){.spec = spec, .means = means, .counts = counts};
	memset(counts, 0, rows * sizeof(*counts));
	if (base == NULL) {
		return 0;
	}
	for (size_t i = 0; i + base->gate_count < base->count; i++) {
		int ret =
			microtl_ncm_add(ncm, base->features + i * spec->width[0], base->labels[i]);

		if (ret != 0) {
			return ret;
		}
	}
	return 0;
}

int microtl_ncm_add(struct microtl_ncm *ncm, const int8_t *features, uint8_t label)
{
	const struct microtl_head_spec *spec = ncm->spec;

	if (label >= microtl_priv_class_rows(spec)) {
		return -EINVAL;
	}
	float *mean = ncm->means + (size_t)label * spec->width[0];
	if (ncm->counts[label] == 0) {
		memset(mean, 0, spec->width[0] * sizeof(*mean));
	}
	if (ncm->counts[label] < UINT16_MAX) {
		ncm->counts[label]++;
	}
	float share = 1.0f / (float)ncm->counts[label];
	for (size_t i = 0; i < spec->width[0]; i++) {
		float u = (float)features[i] * spec->feature_scale[i] + spec->feature_offset[i];

		mean[i] += (u - mean[i]) * share;
	}
	return 0;
}

void microtl_ncm_remove(struct microtl_ncm *ncm, uint8_t label)
{
	if (label < microtl_priv_class_rows(ncm->spec)) {
		ncm->counts[label] = 0;
	}
}

void microtl_ncm_scores(const struct microtl_ncm *ncm, const int8_t *features, float *scores)
{
	const struct microtl_head_spec *spec = ncm->spec;

	for (size_t c = 0; c < microtl_priv_class_rows(spec); c++) {
		const float *mean = ncm->means + c * spec->width[0];
		float sum = 0.0f;

		if (ncm->counts[c] == 0) {
			scores[c] = MICROTL_SCORE_NONE;
			continue;
		}
		for (size_t i = 0; i < spec->width[0]; i++) {
			float u = (float)features[i] * spec->feature_scale[i] +
				  spec->feature_offset[i];

			sum += (u - mean[i]) * (u - mean[i]);
		}
		scores[c] = -sum;
	}
}

uint8_t microtl_ncm_best(const struct microtl_ncm *ncm, const float *scores)
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
