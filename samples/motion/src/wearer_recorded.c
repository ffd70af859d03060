/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Recordings of a person, played through the emulator of the sensor: the driver reads them as if
 * the person wore the board. At last, whether that person's exercises were learned.
 */

#include "wearer.h"

#include <stdio.h>

#include <zephyr/drivers/emul_sensor.h>
#include <zephyr/sys/byteorder.h>

#include "recordings.h"

#define CHANNELS     6
#define PERIOD       K_USEC(DT_PROP(DT_NODELABEL(watch_window), sampling_period_us))
#define HALF_PERIOD  K_USEC(DT_PROP(DT_NODELABEL(watch_window), sampling_period_us) / 2)
#define TEST_WINDOWS (1 + (RECORDINGS_TEST_FRAMES - 128) / DT_PROP(DT_NODELABEL(watch_window), hop))
#define NEW_CLASS    (RECORDINGS_CLASSES - 1)

/* Of the windows that the test shows, before and after. */
#define OLD_LOST_MOST 4
#define NEW_WANTED    (TEST_WINDOWS - 1)

/* So that the last window of a recording is judged before the next begins. */
#define PAUSE K_SECONDS(1)

static const uint8_t recordings[] = {
#include "recordings.bin.inc"
};
BUILD_ASSERT(sizeof(recordings) == 2 * CHANNELS *
					   (RECORDINGS_CLASSES * RECORDINGS_TEST_FRAMES +
					    RECORDINGS_LESSONS * RECORDINGS_LESSON_FRAMES),
	     "recordings.bin and recordings.h do not belong together");

static const struct emul *const emulator = EMUL_DT_GET(DT_NODELABEL(imu));
static const enum sensor_channel channels[CHANNELS] = {
	SENSOR_CHAN_ACCEL_X, SENSOR_CHAN_ACCEL_Y, SENSOR_CHAN_ACCEL_Z,
	SENSOR_CHAN_GYRO_X,  SENSOR_CHAN_GYRO_Y,  SENSOR_CHAN_GYRO_Z,
};

static struct microtl_learner *learner;
static struct microtl_sensor *sensor;
static const uint8_t *playing;
static uint32_t frames_left;
static atomic_t recording;
static atomic_t right;
static atomic_t expected;

static void show_frame(void)
{
	/* As a fraction of 2^6 m/s^2 or rad/s, in 31 bits. */
	const int8_t shift = 6;

	for (int c = 0; c < CHANNELS; c++) {
		int64_t milli = (int16_t)sys_get_le16(&playing[2 * c]);
		q31_t value = (q31_t)(milli * (1 << (31 - shift)) / 1000);
		struct sensor_chan_spec channel = {.chan_type = channels[c]};

		(void)emul_sensor_backend_set_channel(emulator, channel, &value, shift);
	}
	playing += 2 * CHANNELS;
	frames_left--;
}

static void next_frame(struct k_timer *timer)
{
	if (frames_left > 0) {
		show_frame();
	} else {
		microtl_sensor_stop(sensor);
		k_timer_stop(timer);
	}
}

static K_TIMER_DEFINE(player, next_frame, NULL);

/* Each frame is shown for a period; the driver reads it in the middle. */
static int play(const uint8_t *frames, uint32_t count)
{
	playing = frames;
	frames_left = count;
	show_frame();

	int ret = microtl_sensor_start(sensor);

	k_timer_start(&player, HALF_PERIOD, PERIOD);
	(void)k_timer_status_sync(&player);
	while (k_timer_remaining_ticks(&player) > 0) {
		k_sleep(PERIOD);
	}
	k_sleep(PAUSE);
	return ret;
}

static const uint8_t *test_of(uint32_t class)
{
	return &recordings[2 * CHANNELS * RECORDINGS_TEST_FRAMES * class];
}

static int test(const char *when, int *old, int *new)
{
	int ret = 0;

	*old = 0;
	for (uint32_t class = 0; ret == 0 && class < RECORDINGS_CLASSES; class++) {
		(void)atomic_set(&expected, (atomic_val_t)class);
		(void)atomic_set(&right, 0);
		ret = play(test_of(class), RECORDINGS_TEST_FRAMES);
		*new = (int)atomic_get(&right);
		*old += class == NEW_CLASS ? 0 : *new;
	}
	printf("%s: %d of %d windows of known exercises, %d of %d of the new one\n", when, *old,
	       NEW_CLASS * TEST_WINDOWS, *new, TEST_WINDOWS);
	return ret;
}

static int teach(void)
{
	const uint8_t *lesson = test_of(RECORDINGS_CLASSES);
	int ret = 0;

	for (int i = 0; ret == 0 && i < RECORDINGS_LESSONS; i++) {
		(void)atomic_set(&recording, i + 1);
		ret = play(lesson, RECORDINGS_LESSON_FRAMES);
		lesson += 2 * CHANNELS * RECORDINGS_LESSON_FRAMES;
	}
	(void)atomic_set(&recording, 0);
	return ret == 0 ? microtl_train_wait(learner, K_FOREVER) : ret;
}

static void wear(void *a, void *b, void *c)
{
	int old_before, old_after, new_before, new_after;
	int ret = test("before", &old_before, &new_before);

	ARG_UNUSED(a);
	ARG_UNUSED(b);
	ARG_UNUSED(c);
	if (ret == 0) {
		ret = teach();
	}
	if (ret == 0) {
		ret = test("after", &old_after, &new_after);
	}
	if (ret != 0) {
		printf("error %d\n", ret);
	} else {
		printf("%s\n", old_after >= old_before - OLD_LOST_MOST && new_after >= NEW_WANTED
				       ? "PASS"
				       : "FAIL");
	}
}

static K_THREAD_STACK_DEFINE(stack, 2048);
static struct k_thread thread;

int wearer_start(struct microtl_learner *worn_learner, struct microtl_sensor *worn_sensor)
{
	learner = worn_learner;
	sensor = worn_sensor;
	k_thread_create(&thread, stack, K_THREAD_STACK_SIZEOF(stack), wear, NULL, NULL, NULL,
			K_PRIO_PREEMPT(1), 0, K_NO_WAIT);
	return 0;
}

void wearer_sees(uint8_t label, const char *name)
{
	ARG_UNUSED(name);
	if (label == atomic_get(&expected)) {
		atomic_inc(&right);
	}
}

bool wearer_holds_button(uint16_t *number)
{
	*number = (uint16_t)atomic_get(&recording);
	return *number != 0;
}
