/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Prints a CRC32 of what training makes of many heads: the same lines on every CPU, from every
 * compiler, at every optimisation level. Data come from integers, so that no libm has a say.
 */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <microtl/loss.h>
#include <microtl/optimizer.h>

#include "check.h"
#include "crc32.h"
#include "dense.h"
#include "mathf.h"
#include "toy.h"

#define FEATURES_MAX 130
#define ROWS_MAX     9
#define PARAMS_MAX   2048
#define SAMPLES      12

struct head_case {
	uint8_t layers;
	uint8_t loss;
	uint16_t width[4];
};

static const struct head_case cases[] = {
	{1, MICROTL_LOSS_SOFTMAX, {130, 9}},
	{1, MICROTL_LOSS_SIGMOID, {20, 3}},
	{1, MICROTL_LOSS_MSE, {12, 9}},
	{2, MICROTL_LOSS_SOFTMAX, {70, 11, 5}},
	{3, MICROTL_LOSS_SOFTMAX, {33, 10, 8, 4}},
	{2, MICROTL_LOSS_MSE, {20, 6, 9}},
};

static float scale[FEATURES_MAX];
static float offset[FEATURES_MAX];
static float params[PARAMS_MAX];
static float state[2 * PARAMS_MAX];
static float gradient[PARAMS_MAX];
static float scratch[640];
static int8_t features[SAMPLES][FEATURES_MAX];
static float targets[SAMPLES][ROWS_MAX];

/* -1..1 in steps of 2^-10: exact, ties included. */
static float fraction(void)
{
	return ((float)(test_random() % 2049U) - 1024.0f) / 1024.0f;
}

static void fill(void)
{
	for (size_t i = 0; i < FEATURES_MAX; i++) {
		scale[i] = 0.01f + 0.02f * (1.0f + fraction());
		offset[i] = 0.5f * fraction();
	}
	for (size_t i = 0; i < PARAMS_MAX; i++) {
		params[i] = 0.4f * fraction();
	}
	for (size_t i = 0; i < SAMPLES; i++) {
		for (size_t d = 0; d < FEATURES_MAX; d++) {
			features[i][d] = (int8_t)(test_random() & 0xFFU);
		}
		for (size_t c = 0; c < ROWS_MAX; c++) {
			targets[i][c] = fraction();
		}
	}
	/* Products that are denormal. */
	params[0] = 0x1p-120f;
	scale[0] = 0x1p-28f;
	offset[0] = 0.0f;
}

static void train(const struct head_case *of, int kind, int schedule, uint16_t batch)
{
	const struct microtl_optimizer_config config = {
		.kind = (enum microtl_optimizer_kind)kind,
		.schedule = (enum microtl_schedule)schedule,
		.learning_rate = 0.01f,
		.momentum = 0.9f,
		.beta2 = 0.999f,
		.epsilon = 1e-8f,
		.weight_decay = 1e-3f,
		.final_rate_ratio = 0.1f,
		.error_min = 4e-3f,
	};
	struct microtl_head_spec spec = {
		.layer_count = of->layers,
		.loss = of->loss,
		.feature_scale = scale,
		.feature_offset = offset,
		.params = params,
	};
	struct microtl_trainee trainee = {.spec = &spec, .params = params, .scratch = scratch};
	struct microtl_optimizer optimizer;
	uint32_t losses = 0;

	memcpy(spec.width, of->width, sizeof(of->width));
	size_t count = microtl_head_param_count(&spec);
	uint16_t rows = microtl_head_class_rows(&spec);
	CHECK(count <= PARAMS_MAX && rows <= ROWS_MAX);
	CHECK(microtl_step_scratch_count(&spec) <= sizeof(scratch) / sizeof(scratch[0]));
	for (uint16_t c = 0; of->loss != MICROTL_LOSS_MSE && c < rows; c++) {
		microtl_class_set_add(&trainee.classes, (uint8_t)c);
	}
	fill();
	CHECK_INT(microtl_optimizer_init(&optimizer, &config, state, gradient, count, 10 * SAMPLES),
		  0);
	for (int i = 0; i < 10 * SAMPLES; i++) {
		int s = i % SAMPLES;
		const float *target = of->loss == MICROTL_LOSS_MSE ? targets[s] : NULL;
		float loss;

		CHECK_INT((batch == 1 ? microtl_step : microtl_step_accumulate)(
				  &optimizer, &trainee, features[s], (uint8_t)(s % rows), target,
				  &loss),
			  0);
		losses = microtl_priv_crc32(losses, &loss, sizeof(loss));
		if ((i + 1) % batch == 0) {
			microtl_step_apply(&optimizer, &trainee);
		}
	}
	printf("%u-%u-%u-%u loss %u optimizer %d schedule %d batch %u: %08lx %08lx\n", of->width[0],
	       of->width[1], of->width[2], of->width[3], of->loss, kind, schedule, batch,
	       (unsigned long)microtl_priv_crc32(0, params, count * sizeof(float)),
	       (unsigned long)losses);
}

/* Any float: denormals, infinities and NaN too, and powers of two whose products tie. */
static float any_float(void)
{
	uint32_t bits = test_random();

	switch (test_random() % 8U) {
	case 0:
		return microtl_priv_bits_float(bits);
	case 1:
		return microtl_priv_bits_float(bits & UINT32_C(0x807fffff));
	case 2:
		return microtl_priv_bits_float((bits & UINT32_C(0x80000001)) |
					       UINT32_C(0x3f800000));
	default:
		return fraction();
	}
}

/* NaN has many forms, and CPUs pass on different ones. */
static uint32_t digest_of(uint32_t crc, const float *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t bits = microtl_priv_float_bits(values[i]);

		if ((bits & UINT32_C(0x7fffffff)) > UINT32_C(0x7f800000)) {
			bits = UINT32_C(0x7fc00000);
		}
		crc = microtl_priv_crc32(crc, &bits, sizeof(bits));
	}
	return crc;
}

/* The loops by themselves: every number of rows and columns that blocks and rounds part anew. */
static void loops(bool any)
{
	uint32_t crc = 0;

	for (size_t rows = 1; rows <= 25; rows++) {
		for (size_t columns = 1; columns <= 33; columns += 1U + rows % 3U) {
			size_t stride = columns + rows % 4U;
			const struct microtl_priv_update update = {
				.kind = MICROTL_OPTIMIZER_MOMENTUM, .momentum = 0.9f};
			/* Not all rows, and not in their order. */
			uint16_t index[25];
			size_t changed = rows - (columns + rows) % 2U * (rows > 1U);
			const struct microtl_priv_rows at = {
				.weights = params,
				.state = state,
				.stride = stride,
				.columns = columns,
				.index = index,
				.rows = changed,
			};
			float *x = gradient;
			float *y = gradient + columns;
			float *steps = y + rows;
			const struct microtl_priv_forward layer = {
				.x = x,
				.columns = columns,
				.y = y,
				.begin = rows % 2U == 0U ? y : steps,
				.weights = params,
				.rows = rows,
				.stride = stride,
			};
			int8_t *q = features[0];

			for (size_t i = 0; i < rows * stride; i++) {
				params[i] = any ? any_float() : fraction();
				state[i] = any ? any_float() : fraction();
			}
			for (size_t i = 0; i < columns; i++) {
				q[i + 1] = (int8_t)(test_random() & 0xFFU);
				scale[i] = any ? any_float() : fraction();
				offset[i] = any ? any_float() : fraction();
			}
			for (size_t o = 0; o < rows; o++) {
				y[o] = fraction();
				index[o] = (uint16_t)((3U * o + 1U) % rows);
				steps[o] = any ? any_float() : fraction();
			}
			/* At an odd address, as replay entries may be. */
			microtl_priv_dense_dequantize(q + 1, scale, offset, x, columns);
			microtl_priv_dense_forward(&layer);
			microtl_priv_dense_decay(params + 1, columns, 0.75f);
			microtl_priv_dense_update(&update, &at, x, steps);
			microtl_priv_dense_add(&at, x, steps);
			crc = digest_of(crc, gradient, columns + rows);
			crc = digest_of(crc, params, rows * stride);
			crc = digest_of(crc, state, rows * stride);
		}
	}
	printf("loops, %s numbers: %08lx\n", any ? "any" : "usual", (unsigned long)crc);
}

static void functions(void)
{
	float (*const table[])(float) = {
		microtl_priv_expf,
		microtl_priv_logf,
		microtl_priv_sqrtf,
		microtl_priv_sqrtf_soft,
	};

	for (size_t f = 0; f < sizeof(table) / sizeof(table[0]); f++) {
		uint32_t crc = 0;

		for (uint64_t bits = 0; bits <= 0x7F800000U; bits += 99991U) {
			float y = table[f](microtl_priv_bits_float((uint32_t)bits));

			crc = microtl_priv_crc32(crc, &y, sizeof(y));
		}
		printf("function %u: %08lx\n", (unsigned int)f, (unsigned long)crc);
	}
}

/* With the argument "job" only the job: what every build can do. */
int main(int argc, char **argv)
{
	for (size_t c = 0; argc < 2 && c < sizeof(cases) / sizeof(cases[0]); c++) {
		for (int kind = 0; kind <= MICROTL_OPTIMIZER_ADAM; kind++) {
			train(&cases[c], kind, kind, 1);
			train(&cases[c], kind, 2 - kind, 5);
		}
	}
	toy_print_job();
	if (argc < 2) {
		loops(false);
		loops(true);
		functions();
	} else {
		CHECK(argv[1][0] == 'j');
	}
	return 0;
}
