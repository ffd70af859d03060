/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Prints a CRC32 of what training in fixed point makes of many heads: the same lines on every CPU,
 * from every compiler, at every optimisation level.
 */

#include <stdio.h>
#include <string.h>

#include <microtl/optimizer.h>

#include "check.h"
#include "crc32.h"
#include "fixed/mathf.h"
#include "toy.h"

#define FEATURES_MAX 300
#define ROWS_MAX     9
#define PARAMS_MAX   ((FEATURES_MAX + 1) * ROWS_MAX)
#define SAMPLES      12

static microtl_param_t scale[FEATURES_MAX];
static microtl_param_t offset[FEATURES_MAX];
static microtl_param_t params[PARAMS_MAX];
static microtl_param_t state[PARAMS_MAX];
static microtl_real_t scratch[MICROTL_STEP_SCRATCH_COUNT(0, ROWS_MAX)];
static int8_t features[SAMPLES][FEATURES_MAX];

/* -bound..bound. */
static int32_t any(int32_t bound)
{
	return (int32_t)(test_random() % (2U * (unsigned int)bound + 1U)) - bound;
}

static void fill(void)
{
	for (size_t i = 0; i < FEATURES_MAX; i++) {
		scale[i] = 2000 + any(1000);
		offset[i] = any(40000);
	}
	/* One that leaves the range of features. */
	scale[1] = 60000;
	for (size_t i = 0; i < PARAMS_MAX; i++) {
		params[i] = any(4000000);
	}
	for (size_t i = 0; i < SAMPLES; i++) {
		for (size_t d = 0; d < FEATURES_MAX; d++) {
			features[i][d] = (int8_t)any(127);
		}
	}
}

static void train(uint16_t width, uint16_t rows, enum microtl_optimizer_kind kind, double rate)
{
	struct microtl_optimizer_config config = MICROTL_OPTIMIZER_CONFIG_DEFAULT;
	const struct microtl_head_spec spec = {
		.layer_count = 1,
		.loss = MICROTL_LOSS_SOFTMAX,
		.width = {width, rows},
		.feature_scale = scale,
		.feature_offset = offset,
		.params = params,
	};
	struct microtl_trainee trainee = {.spec = &spec, .params = params, .scratch = scratch};
	struct microtl_optimizer optimizer;
	uint32_t losses = 0;

	config.kind = kind;
	config.learning_rate = MICROTL_REAL(rate);
	for (uint16_t c = 0; c < rows; c++) {
		microtl_class_set_add(&trainee.classes, (uint8_t)c);
	}
	fill();
	CHECK_INT(microtl_optimizer_init(&optimizer, &config, state, NULL,
					 microtl_head_param_count(&spec), 1),
		  0);
	for (int i = 0; i < 20 * SAMPLES; i++) {
		microtl_real_t loss;

		CHECK_INT(microtl_step(&optimizer, &trainee, features[i % SAMPLES],
				       (uint8_t)(i % SAMPLES % rows), NULL, &loss),
			  0);
		losses = microtl_priv_crc32(losses, &loss, sizeof(loss));
	}
	printf("%u-%u optimizer %d rate %d: %08lx %08lx\n", width, rows, (int)kind,
	       (int)config.learning_rate,
	       (unsigned long)microtl_priv_crc32(0, params,
						 microtl_head_param_count(&spec) * sizeof(*params)),
	       (unsigned long)losses);
}

static void functions(void)
{
	uint32_t exponentials = 0;
	uint32_t logarithms = 0;
	uint32_t roots = 0;

	for (uint32_t i = 0; i < 20000U; i++) {
		uint32_t x = test_random();
		microtl_real_t e = microtl_priv_exp_minus(x >> (x % 16U));
		microtl_real_t l = microtl_priv_log((x >> (x % 12U)) | (1U << MICROTL_REAL_BITS));
		uint32_t r = microtl_priv_root((uint64_t)x * test_random());

		exponentials = microtl_priv_crc32(exponentials, &e, sizeof(e));
		logarithms = microtl_priv_crc32(logarithms, &l, sizeof(l));
		roots = microtl_priv_crc32(roots, &r, sizeof(r));
	}
	printf("exponentials %08lx\nlogarithms %08lx\nroots %08lx\n", (unsigned long)exponentials,
	       (unsigned long)logarithms, (unsigned long)roots);
}

int main(void)
{
	static const uint16_t widths[][2] = {{64, 9}, {20, 3}, {300, 5}, {1, 2}, {257, 4}};

	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		train(widths[i][0], widths[i][1], MICROTL_OPTIMIZER_SGD, 0.02);
		train(widths[i][0], widths[i][1], MICROTL_OPTIMIZER_MOMENTUM, 0.003);
		/* Weights run into their bounds. */
		train(widths[i][0], widths[i][1], MICROTL_OPTIMIZER_MOMENTUM, 0.3);
	}
	toy_print_job();
	functions();
	return 0;
}
