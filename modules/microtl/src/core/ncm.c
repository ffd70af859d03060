/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/ncm.h>

#include <errno.h>
#include <string.h>

#include "layers.h"
#include "means.h"

int microtl_ncm_init(struct microtl_ncm *ncm, const struct microtl_head_spec *spec,
		     microtl_param_t *means, uint16_t *counts)
{
	if (means == NULL || counts == NULL) {
		return -EINVAL;
	}
	*ncm = (struct microtl_ncm){.spec = spec, .means = means, .counts = counts};
	memset(counts, 0, microtl_priv_class_rows(spec) * sizeof(*counts));
	return 0;
}

void microtl_ncm_start(struct microtl_ncm *ncm, uint8_t label, const struct microtl_base_set *base)
{
	if (label >= microtl_priv_class_rows(ncm->spec)) {
		return;
	}
	ncm->counts[label] = 0;
	for (size_t i = 0; base != NULL && i + base->gate_count < base->count; i++) {
		if (base->labels[i] == label) {
			(void)microtl_ncm_add(ncm, base->features + i * ncm->spec->width[0], label);
		}
	}
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
	microtl_priv_mean_add(spec, features, ncm->counts[label], mean);
	return 0;
}

void microtl_ncm_scores(const struct microtl_ncm *ncm, const int8_t *features,
			microtl_real_t *scores)
{
	const struct microtl_head_spec *spec = ncm->spec;

	for (size_t c = 0; c < microtl_priv_class_rows(spec); c++) {
		scores[c] = MICROTL_SCORE_NONE;
		if (ncm->counts[c] > 0) {
			scores[c] = -microtl_priv_mean_distance(spec, features,
								ncm->means + c * spec->width[0]);
		}
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
