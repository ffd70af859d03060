/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Sequence numbers, of labels and of what is in flash. */

#ifndef MICROTL_CORE_SERIAL_H_
#define MICROTL_CORE_SERIAL_H_

#include <stdbool.h>
#include <stdint.h>

/* Serial order with wrap-around: the newer of two is less than 2^31 ahead. */
static inline bool microtl_priv_is_newer(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

#endif /* MICROTL_CORE_SERIAL_H_ */
