/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * A flash area in RAM whose power can be cut: after any write block, and before, in the middle of
 * and after the erase of any page. It ends the program when a block is programmed twice, when a
 * write is not aligned, or when an erase is not of whole pages.
 */

#ifndef MICROTL_TESTS_CORE_FLASH_SIM_H_
#define MICROTL_TESTS_CORE_FLASH_SIM_H_

#include <stdbool.h>

#include <microtl/flash.h>

#define FLASH_SIM_SIZE 32768U

/* What is left of the block or page that the cut hits. */
enum flash_sim_cut {
	/** Nothing was done. */
	FLASH_SIM_NOT_BEGUN,
	/** First half of the page or block was done. */
	FLASH_SIM_FIRST_HALF,
	/** Second half of the page or block was done. */
	FLASH_SIM_SECOND_HALF,
	FLASH_SIM_CUTS,
};

struct flash_sim {
	struct microtl_flash flash;
	uint8_t bytes[FLASH_SIM_SIZE];
	/* A block was programmed since its erase, whatever its bytes. */
	bool programmed[FLASH_SIM_SIZE];
	/* Write blocks and page erases done since the last flash_sim_power_on(). */
	uint32_t ticks;
	/* The power fails at this one; UINT32_MAX = never. */
	uint32_t cut_at;
	enum flash_sim_cut cut;
	bool is_off;
	/* This tick's block gets a flipped bit, and nobody is told. */
	uint32_t corrupt_at;
	/* Reads of this range fail. */
	uint32_t bad_offset;
	uint32_t bad_size;
};

/* All erased, power on. */
void flash_sim_init(struct flash_sim *sim, uint32_t size, uint32_t page_size, uint8_t write_block,
		    uint8_t erase_value);

/* Power on, no cut and no flipped bit to come. */
void flash_sim_power_on(struct flash_sim *sim);

/* The power will fail at the block or page number ticks from now. */
void flash_sim_cut_power(struct flash_sim *sim, uint32_t ticks, enum flash_sim_cut cut);

/* A block may hold any bits: programmed once more is no error until its next erase. */
void flash_sim_flip_bit(struct flash_sim *sim, uint32_t bit);

#endif /* MICROTL_TESTS_CORE_FLASH_SIM_H_ */
