/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/sensor_stream.h>

#include <errno.h>
#include <string.h>

#include <zephyr/logging/log.h>

LOG_MODULE_DECLARE(microtl, CONFIG_MICROTL_LOG_LEVEL);

/* q / 2^31 * 2^shift */
static float value_of(q31_t q, int8_t shift)
{
	float value = (float)q / 2147483648.0f;

	for (int i = 0; i < shift; i++) {
		value *= 2.0f;
	}
	for (int i = 0; i > shift; i--) {
		value /= 2.0f;
	}
	return value;
}

/* The next values of a group of channels; false where there are no more. */
static bool decode_group(const struct sensor_decoder_api *decoder, const uint8_t *buffer,
			 const struct microtl_stream_channels *channels, uint32_t *iterator,
			 float *values)
{
	union {
		struct sensor_three_axis_data axes;
		struct sensor_q31_data single;
	} data = {0};

	if (decoder->decode(buffer, channels->spec, iterator, 1, &data) <= 0) {
		return false;
	}
	if (channels->count == 1) {
		values[0] = value_of(data.single.readings[0].value, data.single.shift);
		return true;
	}
	for (uint8_t axis = 0; axis < 3; axis++) {
		values[axis] = value_of(data.axes.readings[0].values[axis], data.axes.shift);
	}
	return true;
}

static bool decode_frame(const struct microtl_stream_config *config,
			 const struct sensor_decoder_api *decoder, const uint8_t *buffer)
{
	float *values = config->frame;

	for (uint8_t g = 0; g < config->channel_groups; g++) {
		if (!decode_group(decoder, buffer, &config->channels[g], &config->iterators[g],
				  values)) {
			return false;
		}
		values += config->channels[g].count;
	}
	return true;
}

static void push_frames(struct microtl_stream *stream, const uint8_t *buffer)
{
	const struct microtl_stream_config *config = stream->config;
	const struct sensor_read_config *reading = config->iodev->data;
	const struct sensor_decoder_api *decoder;

	if (sensor_get_decoder(reading->sensor, &decoder) != 0) {
		return;
	}
	if (decoder->has_trigger != NULL && decoder->has_trigger(buffer, SENSOR_TRIG_FIFO_FULL)) {
		stream->stats.overflows++;
		microtl_window_gap(config->window);
	}
	memset(config->iterators, 0, config->channel_groups * sizeof(*config->iterators));
	while (decode_frame(config, decoder, buffer)) {
		microtl_window_push_values(config->window, config->frame);
		stream->stats.frames++;
	}
}

static void take_buffer(int result, uint8_t *buffer, uint32_t size, void *user_data)
{
	struct microtl_stream *stream = user_data;

	ARG_UNUSED(size);
	if (atomic_get(&stream->running) == 0) {
		return;
	}
	if (result < 0 || buffer == NULL) {
		stream->stats.failed++;
		if (result != stream->stats.last_error) {
			LOG_ERR("Could not read the stream (%d)", result);
		}
		stream->stats.last_error = result;
		microtl_window_gap(stream->config->window);
		return;
	}
	push_frames(stream, buffer);
}

void microtl_priv_stream_run(void *stream, void *unused_1, void *unused_2)
{
	struct microtl_stream *self = stream;

	ARG_UNUSED(unused_1);
	ARG_UNUSED(unused_2);

	(void)k_sem_take(&self->start, K_FOREVER);
	for (;;) {
		sensor_processing_with_callback(self->config->rtio, take_buffer);
	}
}

int microtl_stream_start(struct microtl_stream *stream)
{
	const struct microtl_stream_config *config = stream->config;
	uint16_t channels = 0;

	for (uint8_t g = 0; g < config->channel_groups; g++) {
		channels = (uint16_t)(channels + config->channels[g].count);
	}
	if (channels != config->window->config->channel_count) {
		return -EINVAL;
	}
	if (!atomic_cas(&stream->running, 0, 1)) {
		return -EALREADY;
	}
	microtl_window_gap(config->window);

	int ret = sensor_stream(config->iodev, config->rtio, stream, &stream->handle);

	if (ret != 0) {
		(void)atomic_set(&stream->running, 0);
		return ret;
	}
	k_sem_give(&stream->start);
	return 0;
}

void microtl_stream_stop(struct microtl_stream *stream)
{
	if (atomic_cas(&stream->running, 1, 0)) {
		(void)rtio_sqe_cancel(stream->handle);
	}
}

void microtl_stream_stats_get(const struct microtl_stream *stream,
			      struct microtl_stream_stats *stats)
{
	*stats = stream->stats;
}
