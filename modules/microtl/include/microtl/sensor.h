/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief From Zephyr's sensor drivers into a window.
 *
 * A thread of its own fetches a frame at absolute deadlines, so that the rate does not drift, and
 * pushes it. A frame that could not be read, or that came a period late (a flash erase can stall
 * the CPU for longer), is a gap in the window. Needs CONFIG_MICROTL_SENSOR.
 *
 * Sensor, channels and rate come from a "microtl,window" node of the devicetree, or from code.
 */

#ifndef MICROTL_SENSOR_H_
#define MICROTL_SENSOR_H_

#include <zephyr/drivers/sensor.h>
#include <zephyr/kernel.h>

#include <microtl/window.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One channel of a frame. */
struct microtl_sensor_channel {
	const struct device *device;
	enum sensor_channel channel;
};

/** What a sampler reads; constant. */
struct microtl_sensor_config {
	struct microtl_window *window;
	/** [window's channels], in the model's order. */
	const struct microtl_sensor_channel *channels;
	/** [window's channels] */
	float *frame;
	uint32_t period_us;
};

/** Counters since boot. */
struct microtl_sensor_stats {
	uint32_t frames;
	/** Frames that the driver could not give, and the last error. */
	uint32_t failed;
	int last_error;
	/** Times that the sampler was a period late. */
	uint32_t late;
};

/** A sampler. Private: use the functions. */
struct microtl_sensor {
	const struct microtl_sensor_config *config;
	struct k_sem start;
	atomic_t running;
	struct microtl_sensor_stats stats;
};

/** The sampler's thread. Private. */
void microtl_priv_sensor_run(void *sensor, void *unused_1, void *unused_2);

/**
 * @brief Define a sampler, which stands still at first.
 *
 * @param _name      Name of the struct microtl_sensor.
 * @param _window    The struct microtl_window that it feeds.
 * @param _period_us Microseconds from one frame to the next.
 * @param ...        One struct microtl_sensor_channel initialiser a channel, in the model's order.
 *
 * RAM: a thread with a stack of CONFIG_MICROTL_SENSOR_STACK_SIZE bytes, and 4 bytes a channel.
 */
#define MICROTL_SENSOR_DEFINE(_name, _window, _period_us, ...)                                     \
	static const struct microtl_sensor_channel _name##_channels[] = {__VA_ARGS__};             \
	static float _name##_frame[ARRAY_SIZE(_name##_channels)];                                  \
	static const struct microtl_sensor_config _name##_config = {                               \
		.window = &_window,                                                                \
		.channels = _name##_channels,                                                      \
		.frame = _name##_frame,                                                            \
		.period_us = (_period_us),                                                         \
	};                                                                                         \
	struct microtl_sensor _name = {                                                            \
		.config = &_name##_config,                                                         \
		.start = Z_SEM_INITIALIZER(_name.start, 0, 1),                                     \
	};                                                                                         \
	K_THREAD_DEFINE(_name##_thread, CONFIG_MICROTL_SENSOR_STACK_SIZE, microtl_priv_sensor_run, \
			&_name, NULL, NULL, CONFIG_MICROTL_SENSOR_PRIORITY,                        \
			IS_ENABLED(CONFIG_FPU_SHARING) ? K_FP_REGS : 0, 0)

#define MICROTL_PRIV_DT_CHANNEL(_node, _property, _index)                                          \
	{                                                                                          \
		.device = DEVICE_DT_GET(DT_PHANDLE_BY_IDX(_node, sensors, _index)),                \
		.channel = UTIL_CAT(SENSOR_CHAN_,                                                  \
				    DT_STRING_UPPER_TOKEN_BY_IDX(_node, _property, _index)),       \
	}

/**
 * @brief Define the window of a "microtl,window" node.
 *
 * @param _name   Name of the struct microtl_window.
 * @param _node   Node identifier, for example DT_NODELABEL(watch_window).
 * @param _prefix Name that the model was converted under.
 * @param _MODEL  The same in capitals.
 */
#define MICROTL_WINDOW_DT_DEFINE(_name, _node, _prefix, _MODEL)                                    \
	MICROTL_WINDOW_DEFINE(_name, _prefix, _MODEL, DT_PROP_LEN(_node, sensor_channels),         \
			      DT_PROP(_node, hop), DT_PROP(_node, spare))

/**
 * @brief Define the sampler of a "microtl,window" node.
 *
 * @param _name   Name of the struct microtl_sensor.
 * @param _node   Node identifier.
 * @param _window The struct microtl_window of that node.
 */
#define MICROTL_SENSOR_DT_DEFINE(_name, _node, _window)                                            \
	BUILD_ASSERT(DT_PROP_LEN(_node, sensors) == DT_PROP_LEN(_node, sensor_channels),           \
		     "sensors and sensor-channels differ in number");                              \
	MICROTL_SENSOR_DEFINE(                                                                     \
		_name, _window, DT_PROP(_node, sampling_period_us),                                \
		DT_FOREACH_PROP_ELEM_SEP(_node, sensor_channels, MICROTL_PRIV_DT_CHANNEL, (, )))

/**
 * @brief Start sampling.
 *
 * Threads only.
 *
 * @retval 0         Started.
 * @retval -EALREADY It runs.
 * @retval -ENODEV   A sensor is not ready.
 */
int microtl_sensor_start(struct microtl_sensor *sensor);

/** @brief Stop sampling, after the frame it is at. Any context. */
void microtl_sensor_stop(struct microtl_sensor *sensor);

/** @brief Counters; threads only. */
void microtl_sensor_stats_get(const struct microtl_sensor *sensor,
			      struct microtl_sensor_stats *stats);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_SENSOR_H_ */
