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

#endif /* MICROTL_CORE_LEARNING_H_ */
