/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** The learner that the tests share. */

#ifndef SETUP_H_
#define SETUP_H_

#include <microtl/learner.h>

#include "digits.h"

extern struct microtl_learner learner;

/** The class that is taught: "9". */
extern uint8_t label;

/** Back to the factory's head, with the class added and all of its images labelled. */
void setup_learner(void);

/** How many trainings have ended since boot, one way or another. */
uint32_t setup_ended(void);

/** Infers an image of the class and labels it. */
int setup_label(uint32_t image);

#endif /* SETUP_H_ */
