/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** Cuts the power of a flash: after so many write blocks or erase halves nothing works any more. */

#ifndef CUTS_H_
#define CUTS_H_

#include <stdbool.h>
#include <stdint.h>

#include <microtl/flash.h>

/** Works without end. */
#define CUTS_NEVER UINT32_MAX

/**
 * Puts the cut in front of a flash that was just opened, until it is opened anew.
 *
 * @param units Write blocks and erase halves until the power fails, for all flashes together.
 */
void cuts_arm(struct microtl_flash *flash, uint32_t units);

/** Whether the power has failed. */
bool cuts_happened(void);

#endif /* CUTS_H_ */
