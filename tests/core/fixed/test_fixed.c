/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Heads in fixed point: close to real numbers, inside their range whatever comes, refusals. */

#include <errno.h>
#include <math.h>
#include <string.h>

#include <microtl/loss.h>
#include <microtl/snapshot.h>

#include "check.h"
#include "fixed/mathf.h"
#include "real.h"
#include "toy.h"

#define ONE ((double)(1 << MICROTL_REAL_BITS))

static double real(microtl_real_t x)
{
	return (double)x / ONE;
}

static void test_functions_are_close(void)
{
	for (uint32_t x = 0; x < (16U << MICROTL_REAL_BITS); x += 997U) {
		double e = exp(-(double)x / ONE);

		CHECK(fabs(real(microtl_priv_exp_minus(x)) - e) <= e / 4096.0 + 1.01 / ONE);
	}
	for (uint32_t x = 1U << MICROTL_REAL_BITS; x < (2000U << MICROTL_REAL_BITS); x += 99991U) {
		CHECK(fabs(real(microtl_priv_log(x)) - log((double)x / ONE)) < 1.0 / 4096.0);
	}
	CHECK_INT(microtl_priv_log(1U << MICROTL_REAL_BITS), 0);
	for (uint64_t x = 0; x < 1000000U; x += 7U) {
		uint64_t root = microtl_priv_root(x * x + x);

		CHECK(root * root <= x * x + x && (root + 1U) * (root + 1U) > x * x + x);
	}
	CHECK_INT(microtl_priv_root(UINT64_MAX), UINT32_MAX);
}

static void test_probabilities_are_close(void)
{
	struct microtl_head head;
	microtl_real_t scores[TOY_ROWS];
	double sum = 0.0;
	double want[TOY_CLASSES];

	CHECK_INT(microtl_head_init(&head, &toy_spec), 0);
	for (int i = 0; i < 1000; i++) {
		double total = 0.0;

		sum = 0.0;
		for (int c = 0; c < TOY_ROWS; c++) {
			scores[c] = MICROTL_SCORE_NONE;
		}
		for (int c = 0; c < TOY_CLASSES; c++) {
			scores[c] = (microtl_real_t)(test_random() % (8U << MICROTL_REAL_BITS));
			want[c] = exp(real(scores[c]));
			total += want[c];
		}
		microtl_real_t loss = microtl_loss_value(MICROTL_LOSS_SOFTMAX, &head.classes,
							 TOY_ROWS, 1, NULL, scores);

		CHECK(fabs(real(loss) + log(want[1] / total)) < 1e-3);
		microtl_head_activate(&head, scores);
		for (int c = 0; c < TOY_CLASSES; c++) {
			CHECK(fabs(real(scores[c]) - want[c] / total) < 5e-4);
			sum += real(scores[c]);
		}
		CHECK(fabs(sum - 1.0) < 1e-3);
		CHECK_INT(scores[TOY_ROWS - 1], 0);
	}
}

static void test_wilson_bound_is_close(void)
{
	for (uint16_t n = 1; n < 200; n++) {
		for (uint16_t k = 0; k <= n; k++) {
			double spread = sqrt((double)k * (n - k) / n + 0.25);
			double want = ((double)k + 0.5 + spread) / ((double)n + 1.0);
			microtl_real_t got = microtl_priv_wilson_bound(k, n, MICROTL_REAL(1.0));

			CHECK(fabs(real(got) - want) < 1e-4);
		}
	}
	CHECK(microtl_priv_wilson_bound(0, UINT16_MAX, MICROTL_REAL(2000)) <= MICROTL_REAL(1.0));
}

/* Under the sanitizers: nothing overflows, and weights stay inside their bounds. */
static void test_nothing_leaves_its_range(void)
{
	enum {
		FEATURES = 40,
		ROWS = 3
	};
	static microtl_param_t scale[FEATURES], offset[FEATURES];
	static microtl_param_t params[MICROTL_HEAD_PARAM_COUNT_1(FEATURES, ROWS)];
	static microtl_param_t state[MICROTL_HEAD_PARAM_COUNT_1(FEATURES, ROWS)];
	static microtl_real_t scratch[MICROTL_STEP_SCRATCH_COUNT(0, ROWS)];
	const struct microtl_head_spec spec = {
		.layer_count = 1,
		.loss = MICROTL_LOSS_SOFTMAX,
		.width = {FEATURES, ROWS},
		.feature_scale = scale,
		.feature_offset = offset,
		.params = params,
	};
	struct microtl_trainee trainee = {.spec = &spec, .params = params, .scratch = scratch};
	struct microtl_optimizer_config config = MICROTL_OPTIMIZER_CONFIG_DEFAULT;
	struct microtl_optimizer optimizer;
	bool reached = false;

	for (int i = 0; i < FEATURES; i++) {
		scale[i] = 64 << 16;
		offset[i] = (i % 2 == 0 ? 8192 : -8192) * 65536;
	}
	for (uint8_t c = 0; c < ROWS; c++) {
		microtl_class_set_add(&trainee.classes, c);
	}
	for (int kind = MICROTL_OPTIMIZER_SGD; kind <= MICROTL_OPTIMIZER_MOMENTUM; kind++) {
		config.kind = (enum microtl_optimizer_kind)kind;
		config.learning_rate =
			kind == MICROTL_OPTIMIZER_SGD ? MICROTL_REAL(4.0) : MICROTL_REAL(0.004);
		config.momentum = MICROTL_REAL(0.999);
		config.weight_decay = MICROTL_REAL(1.0);
		memset(params, 0, sizeof(params));
		CHECK_INT(microtl_optimizer_init(&optimizer, &config, state, NULL,
						 sizeof(params) / sizeof(params[0]), 1),
			  0);
		for (int i = 0; i < 3000; i++) {
			int8_t features[FEATURES];
			microtl_real_t loss;

			for (int d = 0; d < FEATURES; d++) {
				features[d] = (int8_t)test_random();
			}
			CHECK_INT(microtl_step(&optimizer, &trainee, features,
					       (uint8_t)(test_random() % ROWS), NULL, &loss),
				  0);
			CHECK(loss >= 0);
			for (size_t p = 0; p < sizeof(params) / sizeof(params[0]); p++) {
				CHECK(params[p] <= 64 << MICROTL_PARAM_BITS);
				CHECK(params[p] >= -(64 << MICROTL_PARAM_BITS));
				reached = reached || params[p] == 64 << MICROTL_PARAM_BITS;
			}
		}
	}
	CHECK(reached);
}

static void test_what_is_not_supported_is_refused(void)
{
	struct microtl_optimizer_config config = MICROTL_OPTIMIZER_CONFIG_DEFAULT;
	struct microtl_head_spec spec = toy_spec;
	struct microtl_optimizer optimizer;
	struct microtl_head head;
	static microtl_param_t state[2];

	spec.layer_count = 2;
	CHECK_INT(microtl_head_init(&head, &spec), -EINVAL);
	spec = toy_spec;
	spec.loss = MICROTL_LOSS_SIGMOID;
	CHECK_INT(microtl_head_init(&head, &spec), -EINVAL);
	CHECK_INT(microtl_optimizer_init(&optimizer, &config, state, NULL, 2, 1), 0);
	CHECK_INT(microtl_optimizer_init(&optimizer, &config, state, state, 2, 1), -EINVAL);
	config.kind = MICROTL_OPTIMIZER_ADAM;
	CHECK_INT(microtl_optimizer_init(&optimizer, &config, state, NULL, 2, 1), -EINVAL);
	config.kind = MICROTL_OPTIMIZER_MOMENTUM;
	config.schedule = MICROTL_SCHEDULE_LINEAR;
	CHECK_INT(microtl_optimizer_init(&optimizer, &config, state, NULL, 2, 1), -EINVAL);
	config.schedule = MICROTL_SCHEDULE_CONSTANT;
	config.learning_rate = MICROTL_REAL(0.41);
	CHECK_INT(microtl_optimizer_init(&optimizer, &config, state, NULL, 2, 1), -EINVAL);
}

static void test_ids_tell_the_arithmetic(void)
{
	const struct microtl_model_id fixed = {1, 2, 3, 4};
	struct microtl_model_id other = fixed;

	other.head ^= MICROTL_MODEL_ID_FIXED;
	CHECK_INT(microtl_model_id_compare(&fixed, &other), MICROTL_SNAPSHOT_ARITHMETIC);
	CHECK(strstr(microtl_snapshot_difference_text(MICROTL_SNAPSHOT_ARITHMETIC), "arithmetic") !=
	      NULL);
	other.head++;
	CHECK_INT(microtl_model_id_compare(&fixed, &other), MICROTL_SNAPSHOT_HEAD);
}

int main(void)
{
	RUN(test_functions_are_close);
	RUN(test_probabilities_are_close);
	RUN(test_wilson_bound_is_close);
	RUN(test_nothing_leaves_its_range);
	RUN(test_what_is_not_supported_is_refused);
	RUN(test_ids_tell_the_arithmetic);
	return 0;
}
