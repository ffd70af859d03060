/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** A board whose learner can be booted again, with this firmware or another. */

#ifndef BOARD_H_
#define BOARD_H_

#include <stdbool.h>
#include <stdint.h>

#include <microtl/learner.h>

extern struct microtl_learner learner;
extern const struct microtl_model_id *const board_model;

/** Boots: what is in RAM is gone, what is in flash is read. */
void board_boot(void);

/** Boots a firmware with another model. */
void board_boot_model(const struct microtl_model_id *id);

/** Heads of the last board_store_two(), by their CRC. */
extern struct board_heads {
	uint32_t factory;
	uint32_t first;
	uint32_t second;
} board_heads;

/** Wipes the flash, boots, learns and stores a first and a second head, and labels. */
void board_store_two(void);

/** CRC of the active head: parameters and the classes that take part. */
uint32_t board_head(void);

/** Sum over the samples of the CRC of features, label, recording, hold-out. */
uint32_t board_labels(void);

/** Whether the next save writes elsewhere than where the active head is read. */
bool board_head_is_safe(void);

/** Labels images as a 9 and trains until the new head is live. */
void board_learn(uint64_t seed);

/** The same, but returns the training's error. */
int board_train(uint64_t seed);

/** Labels one image. */
int board_label(uint32_t image);

#endif /* BOARD_H_ */
