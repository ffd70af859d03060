/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/gate.h>

const char *microtl_gate_reason_text(enum microtl_gate_reason reason)
{
	switch (reason) {
	case MICROTL_GATE_NONE:
		return "nothing judged yet";
	case MICROTL_GATE_LEARNED:
		return "old classes held, new ones are recognised";
	case MICROTL_GATE_IMPROVED:
		return "old classes are recognised better";
	case MICROTL_GATE_FEW_OLD:
		return "too few samples of old classes: label more of each";
	case MICROTL_GATE_FEW_NEW:
		return "too few samples of the new class: label two recordings";
	case MICROTL_GATE_NO_GAIN:
		return "no gain beyond chance: label more";
	case MICROTL_GATE_OLD_ACCURACY:
		return "old classes would be recognised less often";
	case MICROTL_GATE_OLD_LOSS:
		return "old classes would be recognised less surely";
	case MICROTL_GATE_NEW_RECALL:
		return "the new class is missed too often: label more of it";
	case MICROTL_GATE_BASE_ACCURACY:
		return "the base set is no longer recognised: check the labels";
	}
	return "unknown reason";
}
