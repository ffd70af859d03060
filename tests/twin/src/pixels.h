/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** A sensor that shows the images that are taught, row by row. */

#ifndef PIXELS_H_
#define PIXELS_H_

#include <stdint.h>

#define PIXELS_PER_ROW 8

/** Pixel of an image: 0..16, a brightness of pixel / 16. */
int16_t pixels_get(uint32_t image, uint32_t index);

#endif /* PIXELS_H_ */
