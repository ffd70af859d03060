/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "meter.h"

#include <errno.h>

#include <zephyr/logging/log.h>
#ifdef CONFIG_THREAD_RUNTIME_STATS_USE_TIMING_FUNCTIONS
#include <zephyr/timing/timing.h>
#endif

LOG_MODULE_DECLARE(microtl, CONFIG_MICROTL_LOG_LEVEL);

/* Longest sleep for the share of the CPU: a cancel is not noticed meanwhile. */
#define SLEEP_MAX_MS 1000

#define WALL_LIMIT_MS CONFIG_MICROTL_TRAINER_WALL_LIMIT_MS
#ifdef CONFIG_MICROTL_TRAINER_ENERGY_LIMIT_UJ
#define ENERGY_LIMIT_UJ CONFIG_MICROTL_TRAINER_ENERGY_LIMIT_UJ
#else
#define ENERGY_LIMIT_UJ 0
#endif

/*
 * Run time of this thread, without interrupts and other threads. Where the kernel does not count it
 * the uptime: sleeps and pauses are taken off, what preempts the thread is not.
 */
static uint64_t run_time_us(void)
{
#ifdef CONFIG_SCHED_THREAD_USAGE
	k_thread_runtime_stats_t stats;

	if (k_thread_runtime_stats_get(k_current_get(), &stats) == 0) {
#ifdef CONFIG_THREAD_RUNTIME_STATS_USE_TIMING_FUNCTIONS
		return timing_cycles_to_ns(stats.execution_cycles) / NSEC_PER_USEC;
#else
		return k_cyc_to_us_floor64(stats.execution_cycles);
#endif
	}
#endif
	return k_ticks_to_us_floor64((uint64_t)k_uptime_ticks());
}

/* pJ per cycle x cycles per ms / 10^6 = uJ per ms; the clock in kHz is cycles per ms. */
static uint32_t energy_uj(uint64_t cpu_us)
{
	uint64_t clock_khz = CONFIG_MICROTL_TRAINER_CPU_CLOCK_KHZ > 0
				     ? CONFIG_MICROTL_TRAINER_CPU_CLOCK_KHZ
				     : sys_clock_hw_cycles_per_sec() / 1000U;
	uint64_t cycles = cpu_us * clock_khz / 1000U;

	return (uint32_t)(cycles * CONFIG_MICROTL_TRAINER_ENERGY_PJ_PER_CYCLE / 1000000U);
}

void microtl_priv_meter_start(struct microtl_meter *meter)
{
	meter->start_ms = k_uptime_get();
	meter->start_us = run_time_us();
}

void microtl_priv_meter_stop(struct microtl_meter *meter)
{
	meter->stopped_ms = k_uptime_get();
	meter->stopped_us = run_time_us();
}

void microtl_priv_meter_go_on(struct microtl_meter *meter)
{
	meter->start_ms += k_uptime_get() - meter->stopped_ms;
	meter->start_us += run_time_us() - meter->stopped_us;
}

void microtl_priv_meter_read(const struct microtl_meter *meter, struct microtl_train_status *status)
{
	uint64_t cpu_us = run_time_us() - meter->start_us;

	status->elapsed_ms = (uint32_t)(k_uptime_get() - meter->start_ms);
	status->cpu_ms = (uint32_t)(cpu_us / 1000U);
	status->energy_uj = energy_uj(cpu_us);
}

int microtl_priv_meter_check(const struct microtl_train_status *status)
{
	if (WALL_LIMIT_MS > 0 && status->elapsed_ms > WALL_LIMIT_MS) {
		LOG_WRN("Training stopped after %u ms: CONFIG_MICROTL_TRAINER_WALL_LIMIT_MS",
			status->elapsed_ms);
		return -ETIMEDOUT;
	}
	if (ENERGY_LIMIT_UJ > 0 && status->energy_uj > ENERGY_LIMIT_UJ) {
		LOG_WRN("Training stopped after %u uJ: CONFIG_MICROTL_TRAINER_ENERGY_LIMIT_UJ",
			status->energy_uj);
		return -ETIMEDOUT;
	}
	return 0;
}

void microtl_priv_meter_yield(struct microtl_meter *meter)
{
	if (CONFIG_MICROTL_TRAINER_CPU_PERCENT >= 100) {
		/* Others may have the lowest priority as well: Zephyr's shell has by default. */
		k_yield();
		return;
	}
	uint64_t now_us = run_time_us();
	uint64_t cpu_us = now_us - meter->start_us;
	int64_t due_ms = (int64_t)(cpu_us / (10U * CONFIG_MICROTL_TRAINER_CPU_PERCENT));
	int64_t ahead_ms = due_ms - (k_uptime_get() - meter->start_ms);

	if (ahead_ms > 0) {
		k_sleep(K_MSEC(MIN(ahead_ms, SLEEP_MAX_MS)));
		meter->start_us += run_time_us() - now_us;
	}
}
