/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief A learner's part of a flash partition, as the core wants to see flash.
 */

#ifndef MICROTL_AREA_H_
#define MICROTL_AREA_H_

#include <microtl/learner.h>

/**
 * @brief Open a learner's part of a partition.
 *
 * @param area  Out; lives as long as @a flash.
 * @param flash Out; of no bytes where the partition has less than two pages for a learner.
 * @param id    Flash area's id.
 *
 * @retval 0        Done.
 * @retval -ENOTSUP Write block above 32 bytes, pages of different size, or a partition that does
 *                  not begin with a page; logged.
 * @retval <0       What the flash map returned.
 */
int microtl_priv_area_open(const struct microtl_learner *learner, struct microtl_store_area *area,
			   struct microtl_flash *flash, uint8_t id);

#endif /* MICROTL_AREA_H_ */
