/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A learner that is driven over the shell: pytest/ has the tests. */

#include <microtl/learner.h>

#include "digits.h"

MICROTL_LEARNER_DEFINE(learner, digits, DIGITS);
