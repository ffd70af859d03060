/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Nearest class mean: a second head that needs no training.
 *
 * Keeps the mean of each class in standardised feature space, as samples arrive, and scores a
 * feature vector by minus its squared distance to each mean. What it knows costs no replay memory,
 * so it is what answers where there is none, and what training has to beat where there is.
 *
 * Calls must be serialised. Any thread.
 */

#ifndef MICROTL_NCM_H_
#define MICROTL_NCM_H_

#include <stddef.h>
#include <stdint.h>

#include <microtl/head.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Floats of memory for @a features values and @a rows classes. */
#define MICROTL_NCM_MEAN_COUNT(features, rows) ((size_t)(features) * (size_t)(rows))

struct microtl_ncm {
	const struct microtl_head_spec *spec;
	/** [class rows][width[0]] mean standardised features. */
	microtl_param_t *means;
	/** [class rows] samples in each mean; 0 = class unknown. */
	uint16_t *counts;
};

/**
 * @brief Starts with no class known.
 *
 * @param means  [MICROTL_NCM_MEAN_COUNT()]
 * @param counts [class rows]
 *
 * @retval 0       Done.
 * @retval -EINVAL A NULL pointer.
 */
int microtl_ncm_init(struct microtl_ncm *ncm, const struct microtl_head_spec *spec,
		     microtl_param_t *means, uint16_t *counts);

/**
 * @brief Starts a class anew: from its samples in the base set, its gate part left out.
 *
 * @param label No such row is no error.
 * @param base  The model's base set, or NULL: then the class is unknown.
 */
void microtl_ncm_start(struct microtl_ncm *ncm, uint8_t label, const struct microtl_base_set *base);

/**
 * @brief Moves a class's mean towards a sample.
 *
 * After 65535 samples the mean becomes a moving one.
 *
 * @retval 0       Done.
 * @retval -EINVAL No such row.
 */
int microtl_ncm_add(struct microtl_ncm *ncm, const int8_t *features, uint8_t label);

/**
 * @brief Scores of one feature vector: minus the squared distance to each class mean, <= 0.
 *
 * @param scores [class rows] out; MICROTL_SCORE_NONE for unknown classes.
 */
void microtl_ncm_scores(const struct microtl_ncm *ncm, const int8_t *features,
			microtl_real_t *scores);

/** @return Label of the nearest mean, MICROTL_LABEL_NONE where no class is known. */
uint8_t microtl_ncm_best(const struct microtl_ncm *ncm, const microtl_real_t *scores);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_NCM_H_ */
