/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/** Watches a mutex from outside: who locks it, and for how long. */

#ifndef SECTIONS_H_
#define SECTIONS_H_

#include <stdint.h>

#include <zephyr/kernel.h>

/** What is called in every thread that locks; NULL: nothing. */
struct sections_hooks {
	/** Before it has the mutex. */
	void (*before)(void);
	/** As soon as it has the mutex. */
	void (*inside)(void);
};

/** What one thread did with the mutex. */
struct sections {
	uint32_t count;
	/** Cycles of the longest section. */
	uint32_t longest;
};

/** Begins to watch; what @a thread does is measured. */
void sections_watch(const struct k_mutex *mutex, k_tid_t thread, struct sections_hooks hooks);

/** Ends watching; returns what the thread did meanwhile. */
struct sections sections_end(void);

#endif /* SECTIONS_H_ */
