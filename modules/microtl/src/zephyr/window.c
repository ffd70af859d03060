/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/window.h>

#include <errno.h>
#include <string.h>

/* Serial order with wrap-around. */
static bool is_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static uint16_t length_of(const struct microtl_window_config *config)
{
	return (uint16_t)(config->model->input.size / config->channel_count);
}

static const struct microtl_channel *channel_of(const struct microtl_window_config *config,
						uint16_t channel)
{
	static const struct microtl_channel plain = {.scale = 1.0f};

	return config->model->channels == NULL
		       ? &plain
		       : &config->model->channels[channel % config->model->channel_count];
}

/* The power of two that brings a factor to 24 bits: 2^23 <= factor * 2^shift < 2^24. */
static int shift_of(float factor)
{
	int shift = 0;

	while (factor < 8388608.0f && shift < 62) {
		factor *= 2.0f;
		shift++;
	}
	return factor < 16777216.0f ? shift : -1;
}

int microtl_window_resolution_set(struct microtl_window *window, uint16_t channel, float resolution)
{
	const struct microtl_window_config *config = window->config;

	if (channel >= config->channel_count || !(resolution > 0.0f)) {
		return -EINVAL;
	}
	const struct microtl_channel *described = channel_of(config, channel);
	float to_steps = described->scale / config->model->input.scale;
	float factor = resolution * (to_steps < 0.0f ? -to_steps : to_steps);
	int shift = factor > 0.0f ? shift_of(factor) : -1;

	/* Below 2^39: the sum stays in 64 bits. */
	if (shift < 1 || shift > 38) {
		return -EINVAL;
	}
	float one = (float)(INT64_C(1) << shift);
	int32_t whole = (int32_t)(factor * one);
	int64_t offset = (int64_t)(described->offset * to_steps * one);

	config->scaling[channel] = (struct microtl_window_scaling){
		.factor = to_steps < 0.0f ? -whole : whole,
		.bias = (config->model->input.zero_point * (INT64_C(1) << shift)) - offset +
			(INT64_C(1) << (shift - 1)),
		.shift = (uint8_t)shift,
	};
	return 0;
}

/* Where the producer's next frame goes. */
static int8_t *free_frame(struct microtl_window *window)
{
	return window->config->ring + (size_t)window->head_place * window->config->channel_count;
}

/* The frame is there: let the consumer see it. */
static void publish_frame(struct microtl_window *window)
{
	uint32_t head = (uint32_t)atomic_get(&window->head) + 1U;

	window->head_place = (uint16_t)((window->head_place + 1U) % window->config->ring_frames);
	(void)atomic_set(&window->head, (atomic_val_t)head);
	if (head == window->due_at) {
		window->due_at += window->config->hop;
		k_sem_give(&window->due);
	}
}

void microtl_window_push(struct microtl_window *window, const int16_t *frame)
{
	const struct microtl_window_config *config = window->config;
	int8_t *place = free_frame(window);

	for (uint16_t c = 0; c < config->channel_count; c++) {
		const struct microtl_window_scaling *scaling = &config->scaling[c];

		__ASSERT(scaling->factor != 0,
			 "channel %u: call microtl_window_resolution_set() before a push", c);

		int64_t q = ((int64_t)frame[c] * scaling->factor + scaling->bias) >> scaling->shift;

		place[c] = (int8_t)CLAMP(q, INT8_MIN, INT8_MAX);
	}
	publish_frame(window);
}

/* As TensorFlow Lite Micro's QUANTIZE: division in float, ties away from zero. */
static int8_t quantize(float value, const struct microtl_tensor *input)
{
	float q = value / input->scale;

	q = CLAMP(q, -512.0f, 512.0f);

	int32_t rounded = (int32_t)(q < 0.0f ? q - 0.5f : q + 0.5f) + input->zero_point;

	return (int8_t)CLAMP(rounded, INT8_MIN, INT8_MAX);
}

void microtl_window_push_values(struct microtl_window *window, const float *frame)
{
	const struct microtl_window_config *config = window->config;
	int8_t *place = free_frame(window);

	for (uint16_t c = 0; c < config->channel_count; c++) {
		const struct microtl_channel *described = channel_of(config, c);

		place[c] = quantize((frame[c] - described->offset) * described->scale,
				    &config->model->input);
	}
	publish_frame(window);
}

void microtl_window_gap(struct microtl_window *window)
{
	uint32_t head = (uint32_t)atomic_get(&window->head);

	if ((uint32_t)atomic_get(&window->restart) == head) {
		return;
	}
	(void)atomic_set(&window->restart, (atomic_val_t)head);
	(void)atomic_inc(&window->gaps);
	window->due_at = head + length_of(window->config);
}

static void advance(struct microtl_window *window, uint32_t frames)
{
	window->next += frames;
	window->next_place =
		(uint16_t)((window->next_place + frames) % window->config->ring_frames);
}

/* Moves on to the first frame after a gap; windows that were complete before it are lost. */
static void skip_gap(struct microtl_window *window, uint32_t restart)
{
	uint32_t end = window->next + length_of(window->config);

	if (!is_before(restart, end)) {
		window->dropped += (restart - end) / window->config->hop + 1U;
	}
	advance(window, restart - window->next);
}

/* Is a window complete? Past a gap first. The frames are counted before the gap is looked at, so
 * that a gap among them is seen.
 */
static bool is_due(struct microtl_window *window)
{
	uint32_t head = (uint32_t)atomic_get(&window->head);
	uint32_t restart = (uint32_t)atomic_get(&window->restart);

	if (is_before(window->next, restart)) {
		skip_gap(window, restart);
	}
	return !is_before(head, window->next + length_of(window->config));
}

static void copy_frames(const struct microtl_window *window, int8_t *input)
{
	const struct microtl_window_config *config = window->config;
	uint32_t first = window->next_place;
	uint32_t length = length_of(config);
	uint32_t part = MIN(length, config->ring_frames - first);

	memcpy(input, config->ring + (size_t)first * config->channel_count,
	       (size_t)part * config->channel_count);
	memcpy(input + (size_t)part * config->channel_count, config->ring,
	       (size_t)(length - part) * config->channel_count);
}

/* Whether the producer was at none of the frames just copied. */
static bool is_whole(const struct microtl_window *window)
{
	uint32_t head = (uint32_t)atomic_get(&window->head);

	return head - window->next < window->config->ring_frames;
}

/* The newest window that is due, of those that come a whole number of hops later. */
static void catch_up(struct microtl_window *window)
{
	uint32_t head = (uint32_t)atomic_get(&window->head);
	uint32_t hop = window->config->hop;
	uint32_t hops = (head - length_of(window->config) - window->next) / hop;

	advance(window, hops * hop);
	window->dropped += hops;
}

int microtl_window_take(struct microtl_window *window, int8_t *input, k_timeout_t timeout)
{
	k_timepoint_t end = sys_timepoint_calc(timeout);

	for (;;) {
		while (is_due(window)) {
			copy_frames(window, input);
			if (is_whole(window)) {
				advance(window, window->config->hop);
				window->windows++;
				return 0;
			}
			catch_up(window);
		}
		if (k_sem_take(&window->due, sys_timepoint_timeout(end)) != 0) {
			return -EAGAIN;
		}
	}
}

void microtl_window_stats_get(const struct microtl_window *window,
			      struct microtl_window_stats *stats)
{
	*stats = (struct microtl_window_stats){
		.frames = (uint32_t)atomic_get(&window->head),
		.windows = window->windows,
		.dropped = window->dropped,
		.gaps = (uint32_t)atomic_get(&window->gaps),
	};
}
