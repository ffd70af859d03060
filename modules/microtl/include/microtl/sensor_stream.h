/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief From Zephyr's streaming sensors (read and decode, RTIO) into a window.
 *
 * The sensor fills its FIFO at its own rate; a thread decodes what arrives and pushes the frames. A
 * failed read, or a FIFO that says it was full, is a gap in the window. Needs
 * CONFIG_MICROTL_SENSOR_STREAM.
 */

#ifndef MICROTL_SENSOR_STREAM_H_
#define MICROTL_SENSOR_STREAM_H_

#include <zephyr/drivers/sensor.h>
#include <zephyr/kernel.h>
#include <zephyr/rtio/rtio.h>

#include <microtl/window.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Channels of a frame that the sensor decodes in one go. */
struct microtl_stream_channels {
	/** For example {SENSOR_CHAN_ACCEL_XYZ, 0}. */
	struct sensor_chan_spec spec;
	/** 3 where the decoder gives struct sensor_three_axis_data, 1 for struct sensor_q31_data.
	 */
	uint8_t count;
};

/** What a stream reads; constant. */
struct microtl_stream_config {
	struct microtl_window *window;
	/** Made by SENSOR_DT_STREAM_IODEV(). */
	struct rtio_iodev *iodev;
	/** Made by RTIO_DEFINE_WITH_MEMPOOL(); this stream's alone. */
	struct rtio *rtio;
	/** [channel_groups], in the model's order. */
	const struct microtl_stream_channels *channels;
	uint8_t channel_groups;
	/** [window's channels] */
	float *frame;
	/** [channel_groups] how far each is decoded. */
	uint32_t *iterators;
};

/** Counters since boot. */
struct microtl_stream_stats {
	uint32_t frames;
	/** Reads that failed, and the last error. */
	uint32_t failed;
	int last_error;
	/** Times that the sensor's FIFO was full. */
	uint32_t overflows;
};

/** A stream. Private: use the functions. */
struct microtl_stream {
	const struct microtl_stream_config *config;
	struct k_sem start;
	atomic_t running;
	struct rtio_sqe *handle;
	struct microtl_stream_stats stats;
};

/** The stream's thread. Private. */
void microtl_priv_stream_run(void *stream, void *unused_1, void *unused_2);

/**
 * @brief Define a stream, which stands still at first.
 *
 * @param _name   Name of the struct microtl_stream.
 * @param _window The struct microtl_window that it feeds.
 * @param _iodev  The struct rtio_iodev of the sensor, by SENSOR_DT_STREAM_IODEV().
 * @param _rtio   The struct rtio, by RTIO_DEFINE_WITH_MEMPOOL().
 * @param ...     Initialisers of struct microtl_stream_channels, in the model's order.
 *
 * RAM: a thread with a stack of CONFIG_MICROTL_SENSOR_STACK_SIZE bytes, and 4 bytes a channel.
 */
#define MICROTL_STREAM_DEFINE(_name, _window, _iodev, _rtio, ...)                                  \
	static const struct microtl_stream_channels _name##_channels[] = {__VA_ARGS__};            \
	static float _name##_frame[ARRAY_SIZE(_name##_channels) * 3];                              \
	static uint32_t _name##_iterators[ARRAY_SIZE(_name##_channels)];                           \
	static const struct microtl_stream_config _name##_config = {                               \
		.window = &_window,                                                                \
		.iodev = &_iodev,                                                                  \
		.rtio = &_rtio,                                                                    \
		.channels = _name##_channels,                                                      \
		.channel_groups = ARRAY_SIZE(_name##_channels),                                    \
		.frame = _name##_frame,                                                            \
		.iterators = _name##_iterators,                                                    \
	};                                                                                         \
	struct microtl_stream _name = {                                                            \
		.config = &_name##_config,                                                         \
		.start = Z_SEM_INITIALIZER(_name.start, 0, 1),                                     \
	};                                                                                         \
	K_THREAD_DEFINE(_name##_thread, CONFIG_MICROTL_SENSOR_STACK_SIZE, microtl_priv_stream_run, \
			&_name, NULL, NULL, CONFIG_MICROTL_SENSOR_PRIORITY,                        \
			IS_ENABLED(CONFIG_FPU_SHARING) ? K_FP_REGS : 0, 0)

/**
 * @brief Start the stream. Threads only.
 *
 * @retval 0         Started.
 * @retval -EALREADY It runs.
 * @retval -EINVAL   The channels are not as many as the window's.
 * @retval -ENOMEM   The struct rtio has no free entry.
 */
int microtl_stream_start(struct microtl_stream *stream);

/** @brief Stop the stream; what is on its way is dropped. Threads only. */
void microtl_stream_stop(struct microtl_stream *stream);

/** @brief Counters; threads only. */
void microtl_stream_stats_get(const struct microtl_stream *stream,
			      struct microtl_stream_stats *stats);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_SENSOR_STREAM_H_ */
