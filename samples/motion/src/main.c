/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Tells exercises apart by a motion sensor, and learns one more while the wearer holds a button. */

#include <stdio.h>

#include <zephyr/kernel.h>

#include <microtl/sensor.h>
#include <microtl/trainer.h>

#include "watch.h"
#include "wearer.h"

#define NODE DT_NODELABEL(watch_window)

MICROTL_LEARNER_DEFINE(learner, watch, WATCH);
MICROTL_WINDOW_DT_DEFINE(window, NODE, watch, WATCH);
MICROTL_SENSOR_DT_DEFINE(sensor, NODE, window);

static void on_training(struct microtl_learner *self, enum microtl_train_event event,
			void *user_data)
{
	struct microtl_train_status status;

	ARG_UNUSED(user_data);
	if (event == MICROTL_EVENT_PROGRESS) {
		return;
	}
	microtl_train_status_get(self, &status);
	printf("trained %u steps: %s\n", (unsigned int)status.progress.steps,
	       status.error == 0 ? microtl_gate_reason_text(status.result.reason) : "failed");
}

/* CONFIG_MICROTL_TRAINER_LABEL_COUNT labels start a training by themselves. */
static int on_window(const int8_t *input, uint8_t new_class)
{
	struct microtl_inference result;
	struct microtl_class_info info;
	uint16_t recording;
	int ret = microtl_learner_infer(&learner, input, NULL, &result, K_FOREVER);

	if (ret == 0) {
		ret = microtl_learner_class_get(&learner, result.label, &info);
	}
	if (ret != 0) {
		return ret;
	}
	wearer_sees(result.label, info.name.text);
	if (wearer_holds_button(&recording)) {
		ret = microtl_learner_label(&learner, result.token, new_class, recording);
	}
	return ret;
}

int main(void)
{
	static int8_t input[WATCH_INPUT_SIZE];
	uint8_t new_class;
	int ret = microtl_learner_class_add(&learner, "ROW", &new_class);

	microtl_train_callback_set(&learner, on_training, NULL);
	if (ret == 0) {
		ret = wearer_start(&learner, &sensor);
	}
	while (ret == 0) {
		ret = microtl_window_take(&window, input, K_FOREVER);
		if (ret == 0) {
			ret = on_window(input, new_class);
		}
	}
	printf("error %d\n", ret);
	return 0;
}
