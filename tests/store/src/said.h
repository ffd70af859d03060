/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** What the log said, in one string. */

#ifndef SAID_H_
#define SAID_H_

/** Forgets what was said so far. */
void said_clear(void);

/** What was said since: the last that found room. */
const char *said(void);

#endif /* SAID_H_ */
