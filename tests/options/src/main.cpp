/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Every public header compiles as C++, and a learner can be defined there. */

#include <microtl/engine.h>
#include <microtl/fit.h>
#include <microtl/flash.h>
#include <microtl/gate.h>
#include <microtl/head.h>
#include <microtl/kernels.h>
#include <microtl/learner.h>
#include <microtl/learning.h>
#include <microtl/loss.h>
#include <microtl/model.h>
#include <microtl/ncm.h>
#include <microtl/optimizer.h>
#include <microtl/replay.h>
#include <microtl/replay_log.h>
#include <microtl/sensor.h>
#include <microtl/sensor_stream.h>
#include <microtl/slots.h>
#include <microtl/snapshot.h>
#include <microtl/store.h>
#include <microtl/trainer.h>
#include <microtl/window.h>

#include "digits.h"

MICROTL_LEARNER_DEFINE(learner, digits, DIGITS);

int main(void)
{
	return microtl_learner_ready(&learner);
}
