/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What the replay memory decides: which sample gives way, and which recording is held out. */

#ifndef MICROTL_CORE_REPLAY_CHOICE_H_
#define MICROTL_CORE_REPLAY_CHOICE_H_

#include <microtl/replay.h>

#include "serial.h"

static inline bool microtl_priv_replay_is_older(const struct microtl_replay_entry *a,
						const struct microtl_replay_entry *b)
{
	return microtl_priv_is_newer(b->sequence, a->sequence);
}

/* Place of the sample that a full memory gives up for a new one. */
uint16_t microtl_priv_replay_victim(const struct microtl_replay *replay,
				    const struct microtl_replay_entry *incoming);

/* Whether a new sample is held out. */
bool microtl_priv_replay_holds_out(const struct microtl_replay *replay, uint8_t label,
				   uint16_t recording);

#endif /* MICROTL_CORE_REPLAY_CHOICE_H_ */
