/* Written by scripts/models/digits_golden.py: do not edit. */
/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef GOLDEN_H_
#define GOLDEN_H_

#include <stdint.h>

#define GOLDEN_IMAGES 31
#define GOLDEN_FEATURES 64
#define GOLDEN_PARAMS 650

/** Features of the images that are taught. */
extern const int8_t golden_features[GOLDEN_IMAGES * GOLDEN_FEATURES];

/** The bits of the trained head's parameters. */
extern const uint32_t golden_params[GOLDEN_PARAMS];

#endif /* GOLDEN_H_ */
