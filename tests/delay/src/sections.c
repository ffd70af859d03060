/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "sections.h"

/* The linker's names (--wrap): of the kernel's functions, and of what is called in their place. */
int __real_z_impl_k_mutex_lock(struct k_mutex *mutex, k_timeout_t timeout);
int __real_z_impl_k_mutex_unlock(struct k_mutex *mutex);
int __wrap_z_impl_k_mutex_lock(struct k_mutex *mutex, k_timeout_t timeout);
int __wrap_z_impl_k_mutex_unlock(struct k_mutex *mutex);

static const struct k_mutex *watched;
static k_tid_t watched_thread;
static struct sections_hooks watched_hooks;
static struct sections found;
static uint32_t start;

void sections_watch(const struct k_mutex *mutex, k_tid_t thread, struct sections_hooks hooks)
{
	found = (struct sections){0};
	watched_hooks = hooks;
	watched_thread = thread;
	watched = mutex;
}

struct sections sections_end(void)
{
	watched = NULL;
	return found;
}

static void call(void (*hook)(void))
{
	if (hook != NULL) {
		hook();
	}
}

int __wrap_z_impl_k_mutex_lock(struct k_mutex *mutex, k_timeout_t timeout)
{
	if (mutex != watched) {
		return __real_z_impl_k_mutex_lock(mutex, timeout);
	}
	call(watched_hooks.before);

	int ret = __real_z_impl_k_mutex_lock(mutex, timeout);

	if (ret == 0 && k_current_get() == watched_thread) {
		found.count++;
		start = k_cycle_get_32();
	}
	if (ret == 0) {
		call(watched_hooks.inside);
	}
	return ret;
}

int __wrap_z_impl_k_mutex_unlock(struct k_mutex *mutex)
{
	if (mutex == watched && k_current_get() == watched_thread) {
		found.longest = MAX(found.longest, k_cycle_get_32() - start);
	}
	return __real_z_impl_k_mutex_unlock(mutex);
}
