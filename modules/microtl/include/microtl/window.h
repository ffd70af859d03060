/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Sample buffer between a sensor and a learner: frames in, windows of a model's input out.
 *
 * A frame is one sample of every channel. Frames are quantised as they arrive and kept as int8, in
 * a ring; a window is the last frames, as many as the model's input holds, and a new one is due
 * every hop frames. One producer pushes, from an ISR or a thread, and never waits; one consumer
 * takes windows. A consumer that is later than the ring's spare frames goes on with the newest
 * window; those before it are counted as lost. Frames on both sides of a gap are never in one
 * window.
 *
 * The model describes its channels: model value = (raw - offset) * scale, raw being a physical
 * value, for example in m/s^2. An int16 sample is raw / resolution: its scaling is done in fixed
 * point, q = zero_point + round((sample * resolution - offset) * scale / input.scale), the factor
 * having 24 bits; ties go up.
 */

#ifndef MICROTL_WINDOW_H_
#define MICROTL_WINDOW_H_

#include <zephyr/kernel.h>

#include <microtl/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How an int16 sample of a channel becomes int8: (sample * factor + bias) >> shift. */
struct microtl_window_scaling {
	int64_t bias;
	int32_t factor;
	uint8_t shift;
};

/** Counters since the window was defined. */
struct microtl_window_stats {
	/** Frames pushed. */
	uint32_t frames;
	/** Windows taken by the consumer. */
	uint32_t windows;
	/** Windows that were due but lost, the consumer being late. */
	uint32_t dropped;
	/** Gaps that restarted the window. */
	uint32_t gaps;
};

/** What a window is made of; constant, written by MICROTL_WINDOW_DEFINE(). */
struct microtl_window_config {
	const struct microtl_model *model;
	/** [ring_frames][channel_count] */
	int8_t *ring;
	/** [channel_count] */
	struct microtl_window_scaling *scaling;
	/** Frames of the ring. */
	uint16_t ring_frames;
	uint16_t channel_count;
	/** Frames from one window to the next. */
	uint16_t hop;
};

/** A window. Private: use the functions. */
struct microtl_window {
	const struct microtl_window_config *config;
	struct k_sem due;
	/** Producer's: frames pushed; the first frame after the last gap; when the next is due. */
	atomic_t head;
	atomic_t restart;
	uint32_t due_at;
	/** Where in the ring the next frame goes. */
	uint16_t head_place;
	atomic_t gaps;
	/** Consumer's: first frame of the next window, and where in the ring it is. */
	uint32_t next;
	uint16_t next_place;
	uint32_t windows;
	uint32_t dropped;
};

/**
 * @brief Define a window over a model's input.
 *
 * @param _name     Name of the struct microtl_window.
 * @param _prefix   Name that the model was converted under.
 * @param _MODEL    The same in capitals.
 * @param _channels Channels of a frame; the model's input is whole frames.
 * @param _hop      Frames from one window to the next, >= 1.
 * @param _spare    Frames that the ring holds beyond one window: how late the consumer may be.
 *                  A hop at least. The ring holds 65535 frames at most.
 *
 * RAM: input size + _spare * _channels bytes, and 16 bytes a channel.
 */
#define MICROTL_WINDOW_DEFINE(_name, _prefix, _MODEL, _channels, _hop, _spare)                     \
	BUILD_ASSERT(_MODEL##_INPUT_SIZE % (_channels) == 0,                                       \
		     "the model's input is no whole number of frames of so many channels");        \
	BUILD_ASSERT((_hop) >= 1 && (_spare) >= (_hop), "the ring holds less than a hop more");    \
	BUILD_ASSERT(_MODEL##_INPUT_SIZE / (_channels) + (_spare) <= UINT16_MAX,                   \
		     "the ring holds more than 65535 frames, window and spare ones");              \
	static int8_t _name##_ring[_MODEL##_INPUT_SIZE + (_spare) * (_channels)];                  \
	static struct microtl_window_scaling _name##_scaling[_channels];                           \
	static const struct microtl_window_config _name##_config = {                               \
		.model = &_prefix##_model,                                                         \
		.ring = _name##_ring,                                                              \
		.scaling = _name##_scaling,                                                        \
		.ring_frames = _MODEL##_INPUT_SIZE / (_channels) + (_spare),                       \
		.channel_count = (_channels),                                                      \
		.hop = (_hop),                                                                     \
	};                                                                                         \
	struct microtl_window _name = {                                                            \
		.config = &_name##_config,                                                         \
		.due = Z_SEM_INITIALIZER(_name.due, 0, 1),                                         \
		.due_at = _MODEL##_INPUT_SIZE / (_channels),                                       \
	}

/**
 * @brief Set what an int16 sample of a channel stands for; before the first microtl_window_push().
 *
 * Thread context; uses float.
 *
 * @param channel    0..channels - 1, in the model's order.
 * @param resolution Physical value of one step of the sample, in the model's unit, > 0.
 *
 * @retval 0       Done.
 * @retval -EINVAL No such channel, or no scaling in 31 bits.
 */
int microtl_window_resolution_set(struct microtl_window *window, uint16_t channel,
				  float resolution);

/**
 * @brief Push a frame of int16 samples. Integer arithmetic only; never waits.
 *
 * Any context, an ISR included; one producer at a time. microtl_window_resolution_set() of every
 * channel comes first: without it a channel is 0 whatever the sensor says, and CONFIG_ASSERT stops.
 *
 * @param frame [channels]
 */
void microtl_window_push(struct microtl_window *window, const int16_t *frame);

/**
 * @brief Push a frame of physical values, in the units of the model's channels.
 *
 * Threads only, uses float; one producer at a time.
 *
 * @param frame [channels]
 */
void microtl_window_push_values(struct microtl_window *window, const float *frame);

/**
 * @brief Note that frames are missing: the next window starts with the next frame.
 *
 * Any context, but the producer's only.
 */
void microtl_window_gap(struct microtl_window *window);

/**
 * @brief Take the next window.
 *
 * Threads only; one consumer.
 *
 * @param input   [model->input.size] out, for microtl_learner_infer().
 * @param timeout How long to wait until it is due.
 *
 * @retval 0       Done.
 * @retval -EAGAIN The timeout passed.
 */
int microtl_window_take(struct microtl_window *window, int8_t *input, k_timeout_t timeout);

/** @brief Counters; threads only, the consumer's thread for exact ones. */
void microtl_window_stats_get(const struct microtl_window *window,
			      struct microtl_window_stats *stats);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_WINDOW_H_ */
