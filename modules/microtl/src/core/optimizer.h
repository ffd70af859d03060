/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef MICROTL_CORE_OPTIMIZER_H_
#define MICROTL_CORE_OPTIMIZER_H_

#include <stdbool.h>

#include <microtl/optimizer.h>

/* Every value of a configuration is in its range. */
bool microtl_priv_optimizer_valid(const struct microtl_optimizer_config *config);

#endif /* MICROTL_CORE_OPTIMIZER_H_ */
