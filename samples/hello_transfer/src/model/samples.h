/* Written by scripts/models/digits.py: do not edit. */
/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef SAMPLES_H_
#define SAMPLES_H_

#include <stdint.h>

#define SAMPLES_PIXELS 64
#define SAMPLES_TAUGHT 31
#define SAMPLES_RECORDING_LENGTH 4
#define SAMPLES_TEST 56
#define SAMPLES_TEST_OLD 36

/** Images of a 9 to teach, quantised for the model's input; a recording is
 * SAMPLES_RECORDING_LENGTH of them.
 */
extern const int8_t samples_taught[SAMPLES_TAUGHT][SAMPLES_PIXELS];

/** Images to test with, and which digit each is. */
extern const int8_t samples_test[SAMPLES_TEST][SAMPLES_PIXELS];
extern const uint8_t samples_test_labels[SAMPLES_TEST];

#endif /* SAMPLES_H_ */
