/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What the files of the learner share. */

#ifndef MICROTL_CORE_LEARNING_H_
#define MICROTL_CORE_LEARNING_H_

#include <microtl/learning.h>

#include "build_options.h"

static inline bool microtl_priv_has_ncm(const struct microtl_learning *learning)
{
	return MICROTL_WITH_NCM && learning->memory.ncm_means != NULL;
}

/*
 * Gives a row its meaning: the class of a name, or with "" none. What stood for the old one is
 * gone: samples, mean, place in the active head. The name's place in another row is gone as well.
 */
void microtl_priv_row_name(struct microtl_learning *learning, uint8_t label, const char *name);

/* Forgets what was labelled in a row; a factory class keeps what the base set says of it. */
void microtl_priv_row_forget(struct microtl_learning *learning, uint8_t label);

#endif /* MICROTL_CORE_LEARNING_H_ */
