/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/learner.h>

#include "digits.h"

MICROTL_LEARNER_DEFINE(learner, digits, DIGITS);

int main(void)
{
	return microtl_learner_ready(&learner);
}
