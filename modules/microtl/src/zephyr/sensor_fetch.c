/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/sensor.h>

#include <errno.h>

#include <zephyr/logging/log.h>

LOG_MODULE_DECLARE(microtl, CONFIG_MICROTL_LOG_LEVEL);

/* Channels before this one read the same device: it was fetched with them. */
static bool is_fetched(const struct microtl_sensor_config *config, uint16_t channel)
{
	for (uint16_t c = 0; c < channel; c++) {
		if (config->channels[c].device == config->channels[channel].device) {
			return true;
		}
	}
	return false;
}

static int read_channel(const struct microtl_sensor_config *config, uint16_t channel)
{
	const struct microtl_sensor_channel *source = &config->channels[channel];
	struct sensor_value value;
	int ret = is_fetched(config, channel) ? 0 : sensor_sample_fetch(source->device);

	if (ret == 0) {
		ret = sensor_channel_get(source->device, source->channel, &value);
	}
	if (ret == 0) {
		config->frame[channel] = (float)value.val1 + (float)value.val2 / 1e6f;
	}
	return ret;
}

static void sample(struct microtl_sensor *sensor)
{
	const struct microtl_sensor_config *config = sensor->config;
	int ret = 0;

	for (uint16_t c = 0; ret == 0 && c < config->window->config->channel_count; c++) {
		ret = read_channel(config, c);
	}
	if (ret == 0) {
		microtl_window_push_values(config->window, config->frame);
		sensor->stats.frames++;
		return;
	}
	if (ret != sensor->stats.last_error) {
		LOG_ERR("Could not read a frame (%d)", ret);
	}
	sensor->stats.failed++;
	sensor->stats.last_error = ret;
	microtl_window_gap(config->window);
}

/* Frame n is due at start + n periods, however long the frames before it took. */
static void sample_until_stopped(struct microtl_sensor *sensor)
{
	int64_t start = k_uptime_ticks();
	uint64_t frames = 0;

	while (atomic_get(&sensor->running) != 0) {
		uint32_t period_us = sensor->config->period_us;

		sample(sensor);
		frames++;

		int64_t due = start + (int64_t)k_us_to_ticks_near64(frames * period_us);

		if (k_uptime_ticks() > due + (int64_t)k_us_to_ticks_near64(period_us)) {
			sensor->stats.late++;
			microtl_window_gap(sensor->config->window);
			start = k_uptime_ticks();
			frames = 0;
		} else {
			(void)k_sleep(K_TIMEOUT_ABS_TICKS(due));
		}
	}
}

void microtl_priv_sensor_run(void *sensor, void *unused_1, void *unused_2)
{
	struct microtl_sensor *self = sensor;

	ARG_UNUSED(unused_1);
	ARG_UNUSED(unused_2);

	for (;;) {
		(void)k_sem_take(&self->start, K_FOREVER);
		sample_until_stopped(self);
	}
}

int microtl_sensor_start(struct microtl_sensor *sensor)
{
	const struct microtl_sensor_config *config = sensor->config;

	for (uint16_t c = 0; c < config->window->config->channel_count; c++) {
		if (!device_is_ready(config->channels[c].device)) {
			LOG_ERR("Could not start sampling: %s is not ready",
				config->channels[c].device->name);
			return -ENODEV;
		}
	}
	if (!atomic_cas(&sensor->running, 0, 1)) {
		return -EALREADY;
	}
	microtl_window_gap(config->window);
	k_sem_give(&sensor->start);
	return 0;
}

void microtl_sensor_stop(struct microtl_sensor *sensor)
{
	(void)atomic_set(&sensor->running, 0);
}

void microtl_sensor_stats_get(const struct microtl_sensor *sensor,
			      struct microtl_sensor_stats *stats)
{
	*stats = sensor->stats;
}
