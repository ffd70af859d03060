/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Heads, losses, float functions, nearest class mean. Training itself is tested against NumPy. */

#include <errno.h>
#include <math.h>
#include <string.h>

#include <microtl/loss.h>
#include <microtl/ncm.h>
#include <microtl/optimizer.h>

#include "check.h"
#include "mathf.h"
#include "rng.h"
#include "toy.h"

static double ulps(float got, double want)
{
	float nearest = (float)want;
	double step = (double)(nextafterf(fabsf(nearest), INFINITY) - fabsf(nearest));

	return got == nearest ? 0.0 : fabs((double)got - want) / step;
}

static void test_float_functions(void)
{
	uint32_t step = is_long() ? 101U : 10007U;

	for (uint64_t bits = 0; bits <= UINT32_MAX; bits += step) {
		float x = microtl_priv_bits_float((uint32_t)bits);
		float root = sqrtf(x);
		float soft = microtl_priv_sqrtf_soft(x);
		float hard = microtl_priv_sqrtf(x);

		if (isnan(x)) {
			CHECK(isnan(microtl_priv_expf(x)) && isnan(microtl_priv_logf(x)));
			continue;
		}
		CHECK(isnan(root) ? isnan(soft) : memcmp(&soft, &root, sizeof(root)) == 0);
		CHECK(isnan(root) ? isnan(hard) : memcmp(&hard, &root, sizeof(root)) == 0);

		double power = exp((double)x);
		if (power > (double)FLT_MAX * (1.0 + 0x1p-25)) {
			CHECK(isinf(microtl_priv_expf(x)));
		} else {
			CHECK(ulps(microtl_priv_expf(x), power) < 1.0);
		}
		if (x > 0.0f && !isinf(x)) {
			CHECK(ulps(microtl_priv_logf(x), log((double)x)) < 1.0);
		} else if (x < 0.0f) {
			CHECK(isnan(microtl_priv_logf(x)));
		}
	}
	CHECK(isinf(microtl_priv_logf(0.0f)) && isinf(microtl_priv_logf(INFINITY)));
	CHECK(microtl_priv_expf(0.0f) == 1.0f && microtl_priv_logf(1.0f) == 0.0f);
	for (int i = 0; i <= 10000; i++) {
		float t = (float)i / 10000.0f;

		CHECK(fabs((double)microtl_priv_cospif(t) - cos(acos(-1.0) * (double)t)) < 3e-7);
	}
}

static void test_random_numbers_are_uniform(void)
{
	uint64_t rng = microtl_priv_rng_seed(1, 0);
	uint64_t other = microtl_priv_rng_seed(2, 0);
	int counts[7] = {0};
	uint16_t items[7];

	CHECK(microtl_priv_rng_next(&rng) != microtl_priv_rng_next(&other));
	for (int i = 0; i < 70000; i++) {
		counts[microtl_priv_rng_below(&rng, 7)]++;
	}
	for (int i = 0; i < 7; i++) {
		CHECK(counts[i] > 9600 && counts[i] < 10400);
		counts[i] = 0;
		items[i] = (uint16_t)i;
	}
	for (int i = 0; i < 70000; i++) {
		microtl_priv_shuffle_u16(&rng, items, 7);
		counts[items[3]]++;
	}
	for (int i = 0; i < 7; i++) {
		CHECK(counts[i] > 9600 && counts[i] < 10400);
	}
}

static void test_class_set(void)
{
	struct microtl_class_set set = {0};

	for (int label = 0; label < MICROTL_CLASSES_MAX; label += 2) {
		CHECK(!microtl_class_set_has(&set, (uint8_t)label));
		microtl_class_set_add(&set, (uint8_t)label);
		CHECK(microtl_class_set_has(&set, (uint8_t)label));
	}
	CHECK_INT(microtl_class_set_count(&set), 128);
	microtl_class_set_remove(&set, 254);
	CHECK(!microtl_class_set_has(&set, 254));
	CHECK_INT(microtl_class_set_count(&set), 127);
}

static void test_sizes_agree_with_macros(void)
{
	static const float numbers[4096];
	struct microtl_head_spec spec = {.layer_count = 3, .width = {65, 16, 9, 4}};

	CHECK_INT(microtl_head_param_count(&spec), MICROTL_HEAD_PARAM_COUNT_3(65, 16, 9, 4));
	CHECK_INT(microtl_head_scratch_count(&spec), MICROTL_HEAD_SCRATCH_COUNT(25));
	CHECK_INT(microtl_step_scratch_count(&spec), MICROTL_STEP_SCRATCH_COUNT(25, 4));
	CHECK_INT(microtl_head_input_count(&spec), 9);
	CHECK_INT(microtl_fit_workspace_size(&spec, 100, 11),
		  MICROTL_FIT_WORKSPACE_SIZE(25, 4, 111));
	spec.layer_count = 1;
	CHECK_INT(microtl_head_param_count(&spec), MICROTL_HEAD_PARAM_COUNT_1(65, 16));
	spec.layer_count = 2;
	CHECK_INT(microtl_head_param_count(&spec), MICROTL_HEAD_PARAM_COUNT_2(65, 16, 9));

	struct microtl_head head;
	spec.feature_scale = spec.feature_offset = spec.params = numbers;
	spec.class_count = 9;
	CHECK_INT(microtl_head_init(&head, &spec), 0);
	spec.class_count = 10;
	CHECK_INT(microtl_head_init(&head, &spec), -EINVAL);
	spec.class_count = 1;
	spec.width[1] = 0;
	CHECK_INT(microtl_head_init(&head, &spec), -EINVAL);
	spec.width[1] = 16;
	spec.layer_count = 4;
	CHECK_INT(microtl_head_init(&head, &spec), -EINVAL);
	spec.layer_count = 1;
	spec.width[1] = 256;
	CHECK_INT(microtl_head_init(&head, &spec), -EINVAL);
	spec.loss = MICROTL_LOSS_MSE;
	CHECK_INT(microtl_head_init(&head, &spec), 0);
}

static void test_imprint_looks_at_the_class(void)
{
	static float params[TOY_PARAMS];
	float scratch[MICROTL_HEAD_SCRATCH_COUNT(0)];
	struct microtl_head head;
	int8_t features[TOY_FEATURES];
	float scores[TOY_ROWS];
	int right = 0;

	CHECK_INT(microtl_head_init(&head, &toy_spec), 0);
	memcpy(params, toy_spec.params, sizeof(params));
	microtl_head_imprint_begin(&toy_spec, params, 4);
	for (int i = 0; i < 10; i++) {
		toy_sample(features, 4, 1);
		microtl_head_imprint_add(&toy_spec, params, 4, features, scratch);
	}
	microtl_head_imprint_end(&toy_spec, params, &head.classes, 4, 10);
	head.params = params;
	CHECK(microtl_class_set_has(&head.classes, 4));
	CHECK(fabsf(params[TOY_ROWS * TOY_FEATURES + 4] - 0.1f / 3.0f) < 1e-6f);

	double norm = 0.0;
	for (int i = 0; i < TOY_FEATURES; i++) {
		norm += pow((double)params[4 * TOY_FEATURES + i], 2.0);
	}
	CHECK(fabs(sqrt(norm) - sqrt(1.5 * 1.5 + 0.5 * 0.5)) < 1e-5);
	for (int i = 0; i < 200; i++) {
		uint8_t label = (uint8_t)(i % 2 == 0 ? 4 : i % 3);

		toy_sample(features, label, 2);
		microtl_head_scores(&head, features, scores, scratch);
		right += microtl_head_best(&head, scores) == label;
		CHECK(scores[5] == MICROTL_SCORE_NONE);
	}
	CHECK(right > 180);
}

static void test_numbers_that_overflow_change_nothing(void)
{
	static float params[TOY_PARAMS];
	static float state[TOY_PARAMS];
	float scratch[MICROTL_STEP_SCRATCH_COUNT(0, TOY_ROWS)];
	struct microtl_optimizer_config config = MICROTL_OPTIMIZER_CONFIG_DEFAULT;
	struct microtl_optimizer optimizer;
	struct microtl_head head;
	int8_t features[TOY_FEATURES] = {100, 0, 0, 0, 0, 0};
	float loss;

	CHECK_INT(microtl_head_init(&head, &toy_spec), 0);
	struct microtl_trainee trainee = {
		.spec = &toy_spec,
		.params = params,
		.classes = head.classes,
		.scratch = scratch,
	};
	const float bad[] = {NAN, INFINITY, -INFINITY, 3e38f};
	for (int i = 0; i < 4; i++) {
		memcpy(params, toy_spec.params, sizeof(params));
		CHECK_INT(microtl_optimizer_init(&optimizer, &config, state, NULL, TOY_PARAMS, 9),
			  0);
		params[1] = i < 3 ? bad[i] : 0.0f;
		params[0] = i < 3 ? params[0] : bad[i];
		static float before[TOY_PARAMS];
		memcpy(before, params, sizeof(params));
		CHECK_INT(microtl_step(&optimizer, &trainee, features, 1, NULL, &loss), -ERANGE);
		CHECK(memcmp(before, params, sizeof(params)) == 0);
	}
	memcpy(params, toy_spec.params, sizeof(params));
	CHECK_INT(microtl_step(&optimizer, &trainee, features, 4, NULL, &loss), -EINVAL);
	CHECK_INT(microtl_step(&optimizer, &trainee, features, 200, NULL, &loss), -EINVAL);
	CHECK_INT(microtl_step(&optimizer, &trainee, features, MICROTL_LABEL_NONE, NULL, &loss),
		  -EINVAL);
	CHECK_INT(microtl_step_accumulate(&optimizer, &trainee, features, 1, NULL, &loss), -EINVAL);
}

static void test_settings_are_checked(void)
{
	static float state[2 * TOY_PARAMS];
	const struct microtl_optimizer_config good = MICROTL_OPTIMIZER_CONFIG_DEFAULT;
	struct microtl_optimizer optimizer;

#define TRY(field, value, want)                                                                    \
	do {                                                                                       \
		struct microtl_optimizer_config config = good;                                     \
		config.kind = MICROTL_OPTIMIZER_ADAM;                                              \
		config.schedule = MICROTL_SCHEDULE_LINEAR;                                         \
		config.field = value;                                                              \
		CHECK_INT(microtl_optimizer_init(&optimizer, &config, state, NULL, TOY_PARAMS, 9), \
			  want);                                                                   \
	} while (0)
	TRY(learning_rate, 0.1f, 0);
	TRY(learning_rate, 0.0f, -EINVAL);
	TRY(learning_rate, -1.0f, -EINVAL);
	TRY(learning_rate, NAN, -EINVAL);
	TRY(learning_rate, INFINITY, -EINVAL);
	TRY(momentum, 1.0f, -EINVAL);
	TRY(momentum, NAN, -EINVAL);
	TRY(beta2, 1.0f, -EINVAL);
	TRY(epsilon, 0.0f, -EINVAL);
	TRY(weight_decay, -0.1f, -EINVAL);
	TRY(weight_decay, NAN, -EINVAL);
	TRY(final_rate_ratio, 1.5f, -EINVAL);
	TRY(final_rate_ratio, 1.0f, 0);
	TRY(error_min, 1.0f, -EINVAL);
	TRY(error_min, NAN, -EINVAL);
#undef TRY
	CHECK_INT(microtl_optimizer_init(&optimizer, &good, NULL, NULL, TOY_PARAMS, 9), -EINVAL);
	CHECK_INT(microtl_optimizer_init(&optimizer, &good, state, NULL, TOY_PARAMS, 0), -EINVAL);
}

static void test_nearest_mean(void)
{
	static float means[TOY_FEATURES * TOY_ROWS];
	static uint16_t counts[TOY_ROWS];
	int8_t features[TOY_FEATURES];
	float scores[TOY_ROWS];
	struct microtl_ncm ncm;

	CHECK_INT(microtl_ncm_init(&ncm, &toy_spec, NULL, counts), -EINVAL);
	CHECK_INT(microtl_ncm_init(&ncm, &toy_spec, means, counts), 0);
	toy_sample(features, 0, 0);
	microtl_ncm_scores(&ncm, features, scores);
	CHECK_INT(microtl_ncm_best(&ncm, scores), MICROTL_LABEL_NONE);
	CHECK(scores[0] == MICROTL_SCORE_NONE);
	CHECK_INT(microtl_ncm_add(&ncm, features, TOY_ROWS), -EINVAL);

	for (uint8_t label = 0; label <= TOY_ROWS; label++) {
		microtl_ncm_start(&ncm, label, toy_model_with_base.base);
	}
	CHECK_INT(counts[0], (TOY_BASE - TOY_GATE) / 3);
	double sum[TOY_FEATURES] = {0};
	for (int i = 0; i < 50; i++) {
		toy_sample(features, 5, 3);
		CHECK_INT(microtl_ncm_add(&ncm, features, 5), 0);
		for (int d = 0; d < TOY_FEATURES; d++) {
			sum[d] += (double)features[d] * (double)toy_spec.feature_scale[d] +
				  (double)toy_spec.feature_offset[d];
		}
	}
	for (int d = 0; d < TOY_FEATURES; d++) {
		CHECK(fabs((double)means[5 * TOY_FEATURES + d] - sum[d] / 50.0) < 1e-5);
	}
	int right = 0;
	for (int i = 0; i < 200; i++) {
		uint8_t label = (uint8_t)(i % 4 == 3 ? 5 : i % 4);

		toy_sample(features, label, 4);
		microtl_ncm_scores(&ncm, features, scores);
		right += microtl_ncm_best(&ncm, scores) == label;
	}
	CHECK(right > 180);
	microtl_ncm_start(&ncm, 5, NULL);
	microtl_ncm_scores(&ncm, features, scores);
	CHECK(scores[5] == MICROTL_SCORE_NONE);
}

int main(void)
{
	RUN(test_float_functions);
	RUN(test_random_numbers_are_uniform);
	RUN(test_class_set);
	RUN(test_sizes_agree_with_macros);
	RUN(test_imprint_looks_at_the_class);
	RUN(test_numbers_that_overflow_change_nothing);
	RUN(test_settings_are_checked);
	RUN(test_nearest_mean);
	return 0;
}
