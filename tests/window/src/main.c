/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <errno.h>

#include <zephyr/ztest.h>
#include <zephyr/ztest_error_hook.h>

#include <microtl/window.h>

#define CHANNELS 2
#define LENGTH   4
#define HOP      2
#define SPARE    3

#define PLAIN_INPUT_SIZE (CHANNELS * LENGTH)

static const struct microtl_channel channels[CHANNELS] = {
	{.name = "ax", .unit = "m/s^2", .offset = 0.0f, .scale = 1.0f},
	{.name = "wx", .unit = "rad/s", .offset = 2.0f, .scale = -0.5f},
};

static const struct microtl_model plain_model = {
	.input = {.size = PLAIN_INPUT_SIZE, .scale = 1.0f, .zero_point = 0},
	.channels = channels,
	.channel_count = CHANNELS,
};

MICROTL_WINDOW_DEFINE(window, plain, PLAIN, CHANNELS, HOP, SPARE);

static void before(void *fixture)
{
	ARG_UNUSED(fixture);
	/* As if it had just been defined. */
	window = (struct microtl_window){.config = &window_config, .due_at = LENGTH};
	zassert_ok(k_sem_init(&window.due, 0, 1));
	for (uint16_t c = 0; c < CHANNELS; c++) {
		zassert_ok(microtl_window_resolution_set(&window, c, 1.0f));
	}
}

/* Frame n holds n, and in the second channel what is 0 after offset and scale. */
static void push_frames(int first, int count)
{
	for (int n = first; n < first + count; n++) {
		int16_t frame[CHANNELS] = {(int16_t)n, 2};

		microtl_window_push(&window, frame);
	}
}

static void expect_window(int first)
{
	int8_t input[PLAIN_INPUT_SIZE];

	zassert_ok(microtl_window_take(&window, input, K_NO_WAIT));
	for (int i = 0; i < LENGTH; i++) {
		zassert_equal(input[CHANNELS * i], first + i, "frame %d is %d", first + i,
			      input[CHANNELS * i]);
		zassert_equal(input[CHANNELS * i + 1], 0);
	}
}

static void expect_none(void)
{
	int8_t input[PLAIN_INPUT_SIZE];

	zassert_equal(microtl_window_take(&window, input, K_NO_WAIT), -EAGAIN);
}

static void expect_stats(uint32_t frames, uint32_t windows, uint32_t dropped, uint32_t gaps)
{
	struct microtl_window_stats stats;

	microtl_window_stats_get(&window, &stats);
	zassert_equal(stats.frames, frames, "%u frames", stats.frames);
	zassert_equal(stats.windows, windows, "%u windows", stats.windows);
	zassert_equal(stats.dropped, dropped, "%u dropped", stats.dropped);
	zassert_equal(stats.gaps, gaps, "%u gaps", stats.gaps);
}

ZTEST(microtl_window, test_window_is_due_every_hop)
{
	push_frames(0, LENGTH - 1);
	expect_none();
	for (int n = LENGTH - 1; n < 100; n++) {
		push_frames(n, 1);
		if ((n - LENGTH + 1) % HOP == 0) {
			expect_window(n - LENGTH + 1);
		}
		expect_none();
	}
	expect_stats(100, 49, 0, 0);
}

ZTEST(microtl_window, test_late_consumer_loses_the_oldest_and_counts_them)
{
	/* Windows from 0, 2, 4, 6 are due; the ring holds frames from 3 on. */
	push_frames(0, 10);
	expect_window(6);
	expect_none();
	expect_stats(10, 1, 3, 0);
	push_frames(10, 2);
	expect_window(8);
}

ZTEST(microtl_window, test_frames_on_both_sides_of_a_gap_are_never_in_one_window)
{
	push_frames(0, LENGTH + 1);
	expect_window(0);
	microtl_window_gap(&window);
	microtl_window_gap(&window);
	push_frames(50, LENGTH - 1);
	expect_none();
	push_frames(50 + LENGTH - 1, 1);
	expect_window(50);
	expect_stats(2 * LENGTH + 1, 2, 0, 1);
}

ZTEST(microtl_window, test_windows_lost_in_a_gap_are_counted)
{
	push_frames(0, LENGTH + HOP);
	microtl_window_gap(&window);
	push_frames(50, LENGTH);
	expect_window(50);
	expect_stats(2 * LENGTH + HOP, 1, 2, 1);
}

ZTEST(microtl_window, test_counters_wrap)
{
	/* 2^32 frames are 50 days at 1 kHz. */
	window.head = (atomic_val_t)(uint32_t)-3;
	window.restart = window.head;
	window.next = (uint32_t)-3;
	window.due_at = (uint32_t)-3 + LENGTH;
	for (int n = 0; n < 60; n++) {
		push_frames(n, 1);
		if (n >= LENGTH - 1 && (n - LENGTH + 1) % HOP == 0) {
			expect_window(n - LENGTH + 1);
		}
	}
}

ZTEST(microtl_window, test_scaling_rounds_and_saturates)
{
	const int16_t samples[LENGTH] = {2, 3, 1000, -1000};
	/* (sample - 2) * -0.5, ties up. */
	const int8_t expected[LENGTH] = {0, 0, INT8_MIN, INT8_MAX};
	int8_t input[PLAIN_INPUT_SIZE];

	for (int i = 0; i < LENGTH; i++) {
		int16_t frame[CHANNELS] = {0, samples[i]};

		microtl_window_push(&window, frame);
	}
	zassert_ok(microtl_window_take(&window, input, K_NO_WAIT));
	for (int i = 0; i < LENGTH; i++) {
		zassert_equal(input[CHANNELS * i + 1], expected[i], "%d gives %d", samples[i],
			      input[CHANNELS * i + 1]);
	}
}

ZTEST(microtl_window, test_values_are_quantised_like_the_host_does)
{
	const float values[LENGTH] = {2.0f, 3.0f, 1000.0f, -1000.0f};
	/* (value - 2) * -0.5, ties away from zero. */
	const int8_t expected[LENGTH] = {0, -1, INT8_MIN, INT8_MAX};
	int8_t input[PLAIN_INPUT_SIZE];

	for (int i = 0; i < LENGTH; i++) {
		float frame[CHANNELS] = {0.0f, values[i]};

		microtl_window_push_values(&window, frame);
	}
	zassert_ok(microtl_window_take(&window, input, K_NO_WAIT));
	for (int i = 0; i < LENGTH; i++) {
		zassert_equal(input[CHANNELS * i + 1], expected[i], "frame %d gives %d", i,
			      input[CHANNELS * i + 1]);
	}
}

ZTEST(microtl_window, test_resolution_is_checked)
{
	zassert_equal(microtl_window_resolution_set(&window, CHANNELS, 1.0f), -EINVAL);
	zassert_equal(microtl_window_resolution_set(&window, 0, 0.0f), -EINVAL);
	zassert_equal(microtl_window_resolution_set(&window, 0, -1.0f), -EINVAL);
	zassert_equal(microtl_window_resolution_set(&window, 0, 1e9f), -EINVAL);
	zassert_ok(microtl_window_resolution_set(&window, 0, 1e-3f));
}

/* The assertion ends the test. */
ZTEST(microtl_window, test_push_before_the_resolution_is_set_is_caught)
{
	window_scaling[CHANNELS - 1] = (struct microtl_window_scaling){0};
	ztest_set_assert_valid(true);
	push_frames(0, 1);
	ztest_set_assert_valid(false);
	zassert_unreachable("a channel without a resolution was pushed");
}

static int pushed;

/* A timer's function runs in its interrupt. */
static void push_by_timer(struct k_timer *timer)
{
	ARG_UNUSED(timer);
	zassert_true(k_is_in_isr());
	push_frames(pushed, 1);
	pushed++;
}

ZTEST(microtl_window, test_consumer_waits_for_an_isr)
{
	int8_t input[PLAIN_INPUT_SIZE];
	struct k_timer timer;

	k_timer_init(&timer, push_by_timer, NULL);
	pushed = 0;
	k_timer_start(&timer, K_MSEC(10), K_MSEC(10));
	for (int first = 0; first < 20; first += HOP) {
		zassert_ok(microtl_window_take(&window, input, K_MSEC(1000)));
		zassert_equal(input[0], first);
	}
	k_timer_stop(&timer);
	expect_stats((uint32_t)pushed, 10, 0, 0);
}

ZTEST_SUITE(microtl_window, NULL, NULL, before, NULL, NULL);
