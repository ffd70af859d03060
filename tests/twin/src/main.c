/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The device learns what the twin says: golden.c holds the twin's features and trained head. */

#include <string.h>

#include <zephyr/ztest.h>

#include <microtl/sensor.h>
#include <microtl/trainer.h>

#include "digits.h"
#include "golden.h"
#include "pixels.h"
#include "samples.h"

#define NODE DT_NODELABEL(image_window)

BUILD_ASSERT(GOLDEN_IMAGES == SAMPLES_TAUGHT && GOLDEN_FEATURES == DIGITS_FEATURE_SIZE &&
		     GOLDEN_PARAMS == DIGITS_PARAM_COUNT,
	     "another model: run scripts/models/digits_golden.py");

MICROTL_LEARNER_DEFINE(learner, digits, DIGITS);
MICROTL_WINDOW_DT_DEFINE(window, NODE, digits, DIGITS);
MICROTL_SENSOR_DT_DEFINE(sensor, NODE, window);
/* The same images as int16 samples, pushed by the test. */
MICROTL_WINDOW_DEFINE(raw_window, digits, DIGITS, PIXELS_PER_ROW, 8, 8);

static void expect_input(const int8_t *input, uint32_t image)
{
	zassert_mem_equal(input, samples_taught[image], DIGITS_INPUT_SIZE, "input of image %u",
			  image);
}

static void expect_features(uint32_t image)
{
	zassert_mem_equal(learner_features, golden_features + image * GOLDEN_FEATURES,
			  GOLDEN_FEATURES, "features of image %u", image);
}

ZTEST(microtl_twin, test_sensor_stream_learns_to_the_bit)
{
	int8_t input[DIGITS_INPUT_SIZE];
	uint8_t label;

	zassert_ok(microtl_learner_class_add(&learner, "9", &label));
	zassert_ok(microtl_sensor_start(&sensor));
	for (uint32_t image = 0; image < GOLDEN_IMAGES; image++) {
		struct microtl_inference result;

		zassert_ok(microtl_window_take(&window, input, K_FOREVER));
		expect_input(input, image);
		zassert_ok(microtl_learner_infer(&learner, input, NULL, &result, K_FOREVER));
		expect_features(image);
		zassert_ok(microtl_learner_label(&learner, result.token, label,
						 image / SAMPLES_RECORDING_LENGTH));
	}
	microtl_sensor_stop(&sensor);

	struct microtl_train_status status;

	zassert_ok(microtl_train_start(&learner, 1));
	zassert_ok(microtl_train_wait(&learner, K_FOREVER));
	microtl_train_status_get(&learner, &status);
	zassert_ok(status.error);
	zassert_equal(status.result.verdict, MICROTL_VERDICT_ACCEPTED);
	zassert_mem_equal(learner.learning.active.params, golden_params, sizeof(golden_params),
			  "the trained head differs from the twin's");
}

/* The two roundings differ in ties: integer arithmetic rounds them up. */
ZTEST(microtl_twin, test_int16_stream_is_the_float_stream_within_one)
{
	int8_t input[DIGITS_INPUT_SIZE];

	for (uint16_t c = 0; c < PIXELS_PER_ROW; c++) {
		zassert_ok(microtl_window_resolution_set(&raw_window, c, 1.0f / 16.0f));
	}
	for (uint32_t image = 0; image < GOLDEN_IMAGES; image++) {
		for (uint32_t row = 0; row < SAMPLES_PIXELS / PIXELS_PER_ROW; row++) {
			int16_t frame[PIXELS_PER_ROW];

			for (uint32_t c = 0; c < PIXELS_PER_ROW; c++) {
				frame[c] = pixels_get(image, row * PIXELS_PER_ROW + c);
			}
			microtl_window_push(&raw_window, frame);
		}
		zassert_ok(microtl_window_take(&raw_window, input, K_NO_WAIT));
		for (uint32_t i = 0; i < DIGITS_INPUT_SIZE; i++) {
			zassert_within(input[i], samples_taught[image][i], 1, "image %u, pixel %u",
				       image, i);
		}
	}
}

ZTEST_SUITE(microtl_twin, NULL, NULL, NULL, NULL, NULL);
