/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* What an inference, each of its operations and a training step take on this board. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/timing/timing.h>

#include <microtl/engine.h>
#include <microtl/optimizer.h>

#include "digits.h"

/* Each figure is the least of so many runs: the others were interrupted. */
#define RUNS 50

/* Of a class that the factory head does not know. */
#define LABEL 9

static int8_t arena[DIGITS_ARENA_SIZE] __aligned(MICROTL_ARENA_ALIGN);
static int8_t features[DIGITS_FEATURE_SIZE];
static float params[DIGITS_PARAM_COUNT];
static float state[MICROTL_OPTIMIZER_STATE_COUNT(MICROTL_OPTIMIZER_MOMENTUM, DIGITS_PARAM_COUNT)];
static float scratch[MICROTL_STEP_SCRATCH_COUNT(DIGITS_HIDDEN_SIZE, DIGITS_CLASS_CAPACITY)];

static struct microtl_engine engine;
static struct microtl_optimizer optimizer;
static struct microtl_trainee trainee = {.params = params, .scratch = scratch};

/* The CPU's own counter where the board is configured for it, else the kernel's clock. */
#ifdef CONFIG_TIMING_FUNCTIONS
typedef timing_t moment;

static moment now(void)
{
	return timing_counter_get();
}

static uint32_t cycles_between(moment from, moment to)
{
	return (uint32_t)timing_cycles_get(&from, &to);
}

static uint32_t cycles_per_second(void)
{
	return (uint32_t)timing_freq_get();
}
#else
typedef uint32_t moment;

static moment now(void)
{
	return k_cycle_get_32();
}

static uint32_t cycles_between(moment from, moment to)
{
	return to - from;
}

static uint32_t cycles_per_second(void)
{
	return (uint32_t)sys_clock_hw_cycles_per_sec();
}
#endif

static void fill_input(void)
{
	int8_t *input = microtl_engine_input(&engine);

	for (size_t i = 0; i < DIGITS_INPUT_SIZE; i++) {
		input[i] = (int8_t)(i * 37U);
	}
}

static uint32_t inference(void)
{
	fill_input();
	moment start = now();
	microtl_engine_run(&engine);
	return cycles_between(start, now());
}

/* One operation, after those before it. */
static uint32_t operation(size_t index)
{
	fill_input();
	for (size_t i = 0; i < index; i++) {
		(void)microtl_engine_run_op(&engine, i);
	}
	moment start = now();
	(void)microtl_engine_run_op(&engine, index);
	return cycles_between(start, now());
}

/* The first step from the factory's head; UINT32_MAX: it failed. */
static uint32_t training_step(void)
{
	static const struct microtl_optimizer_config config = MICROTL_OPTIMIZER_CONFIG_DEFAULT;
	float loss;

	memcpy(params, trainee.spec->params, sizeof(params));
	if (microtl_optimizer_init(&optimizer, &config, state, NULL, DIGITS_PARAM_COUNT, RUNS) !=
	    0) {
		return UINT32_MAX;
	}
	moment start = now();
	int ret = microtl_step(&optimizer, &trainee, features, LABEL, NULL, &loss);
	moment end = now();

	return ret == 0 ? cycles_between(start, end) : UINT32_MAX;
}

static void print(const char *what, uint32_t cycles)
{
	uint64_t nanoseconds = (uint64_t)cycles * NSEC_PER_SEC / cycles_per_second();

	printf("%-14s %8u cycles %8u us\n", what, (unsigned int)cycles,
	       (unsigned int)(nanoseconds / NSEC_PER_USEC));
}

static void measure_inference(void)
{
	uint32_t least = UINT32_MAX;

	for (int run = 0; run < RUNS; run++) {
		least = MIN(least, inference());
	}
	print("inference", least);
}

static void measure_operations(void)
{
	for (size_t i = 0; i < digits_model.op_count; i++) {
		uint32_t least = UINT32_MAX;
		char name[24];

		for (int run = 0; run < RUNS; run++) {
			least = MIN(least, operation(i));
		}
		snprintf(name, sizeof(name), "  operation %u", (unsigned int)i);
		print(name, least);
	}
}

static int measure_training(void)
{
	uint32_t least = UINT32_MAX;

	trainee.spec = digits_model.head;
	for (uint8_t label = 0; label < DIGITS_CLASS_CAPACITY; label++) {
		microtl_class_set_add(&trainee.classes, label);
	}
	for (int run = 0; run < RUNS; run++) {
		least = MIN(least, training_step());
	}
	if (least == UINT32_MAX) {
		return -EINVAL;
	}
	print("training step", least);
	return 0;
}

static int measure(void)
{
	int ret = microtl_engine_init(&engine, &digits_model, arena, sizeof(arena));

	if (ret != 0) {
		return ret;
	}
	measure_inference();
	memcpy(features, microtl_engine_output(&engine), sizeof(features));
	measure_operations();
	/* One by one they come to the same. */
	if (memcmp(features, microtl_engine_output(&engine), sizeof(features)) != 0) {
		return -EILSEQ;
	}
	return measure_training();
}

int main(void)
{
#ifdef CONFIG_TIMING_FUNCTIONS
	timing_init();
	timing_start();
#endif
	printf("%u cycles a second\n", (unsigned int)cycles_per_second());
	int ret = measure();

	if (ret != 0) {
		printf("error %d\n", ret);
	}
	printf("%s\n", ret == 0 ? "PASS" : "FAIL");
	return 0;
}
