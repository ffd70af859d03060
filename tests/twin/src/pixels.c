/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#define DT_DRV_COMPAT microtl_test_pixels

#include "pixels.h"

#include <errno.h>

#include <zephyr/drivers/sensor.h>

#include "samples.h"

#define ROWS (SAMPLES_PIXELS / PIXELS_PER_ROW)

/* The channels of a row, in the order of the devicetree node. */
static const enum sensor_channel columns[PIXELS_PER_ROW] = {
	SENSOR_CHAN_ACCEL_X, SENSOR_CHAN_ACCEL_Y, SENSOR_CHAN_ACCEL_Z, SENSOR_CHAN_GYRO_X,
	SENSOR_CHAN_GYRO_Y,  SENSOR_CHAN_GYRO_Z,  SENSOR_CHAN_MAGN_X,  SENSOR_CHAN_MAGN_Y,
};

/* Rows fetched; the next one is number `fetched - 1`. */
static uint32_t fetched;

int16_t pixels_get(uint32_t image, uint32_t index)
{
	int q = samples_taught[image][index] + 128;

	return (int16_t)((q * 16 + 127) / 255);
}

static int fetch(const struct device *device, enum sensor_channel channel)
{
	ARG_UNUSED(device);
	ARG_UNUSED(channel);
	fetched++;
	return 0;
}

static int get(const struct device *device, enum sensor_channel channel, struct sensor_value *value)
{
	uint32_t row = fetched - 1U;

	ARG_UNUSED(device);
	for (uint32_t column = 0; column < PIXELS_PER_ROW; column++) {
		if (columns[column] == channel) {
			int16_t pixel = pixels_get(row / ROWS % SAMPLES_TAUGHT,
						   row % ROWS * PIXELS_PER_ROW + column);

			value->val1 = pixel / 16;
			value->val2 = pixel % 16 * (1000000 / 16);
			return 0;
		}
	}
	return -ENOTSUP;
}

static const struct sensor_driver_api api = {.sample_fetch = fetch, .channel_get = get};

DEVICE_DT_INST_DEFINE(0, NULL, NULL, NULL, NULL, POST_KERNEL, CONFIG_SENSOR_INIT_PRIORITY, &api);
