/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "wearer.h"

#include <errno.h>
#include <stdio.h>

#include <zephyr/drivers/gpio.h>

static const struct gpio_dt_spec button = GPIO_DT_SPEC_GET(DT_ALIAS(sw0), gpios);

static uint8_t shown = MICROTL_LABEL_NONE;
static uint16_t recordings;
static bool held;

int wearer_start(struct microtl_learner *learner, struct microtl_sensor *sensor)
{
	ARG_UNUSED(learner);
	if (!gpio_is_ready_dt(&button)) {
		return -ENODEV;
	}
	int ret = gpio_pin_configure_dt(&button, GPIO_INPUT);

	return ret == 0 ? microtl_sensor_start(sensor) : ret;
}

void wearer_sees(uint8_t label, const char *name)
{
	if (label != shown) {
		printf("%s\n", name);
	}
	shown = label;
}

bool wearer_holds_button(uint16_t *recording)
{
	bool is_held = gpio_pin_get_dt(&button) > 0;

	if (is_held && !held) {
		recordings++;
	}
	held = is_held;
	*recording = recordings;
	return is_held;
}
