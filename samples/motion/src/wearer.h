/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** Who wears the board: somebody with a button, or recordings of somebody. */

#ifndef WEARER_H_
#define WEARER_H_

#include <stdbool.h>
#include <stdint.h>

#include <microtl/sensor.h>
#include <microtl/trainer.h>

/** Puts the board on; returns 0 or -errno. */
int wearer_start(struct microtl_learner *learner, struct microtl_sensor *sensor);

/** Shows what was recognised. */
void wearer_sees(uint8_t label, const char *name);

/**
 * Whether the wearer says that this is the new exercise.
 *
 * @param recording Out: which time, counted from 1.
 */
bool wearer_holds_button(uint16_t *recording);

#endif /* WEARER_H_ */
