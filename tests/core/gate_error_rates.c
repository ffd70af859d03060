/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * How often the gate is wrong, measured: the table in docs/gate.md. `make gate-error-rates` prints
 * it.
 *
 * Seven classes are Gaussian clouds of 16 int8 features. The old head is right on 85 % of them.
 * Each trial makes a new head whose true accuracy differs by a given number of points, draws
 * held-out features evenly over the classes, and asks the gate. Where a class is new, as many
 * samples of it are judged as of each old class, and the new head knows 85 % of them.
 */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <microtl/gate.h>
#include <microtl/head.h>
#include <microtl/loss.h>

#include "check.h"

#define FEATURES   16
#define CLASSES    7
#define PARAMS     MICROTL_HEAD_PARAM_COUNT_1(FEATURES, CLASSES)
#define POOL       2100
#define HEADS      40
#define TRIALS     50
#define OLD_HEAD   0.85
#define NEW_RECALL 0.85
#define BISECTIONS 18

static int8_t pool[POOL][FEATURES];
static float means[CLASSES][FEATURES];
static float scale[FEATURES];
static float offset[FEATURES];
static struct microtl_head_spec spec = {
	.layer_count = 1,
	.loss = MICROTL_LOSS_SOFTMAX,
	.width = {FEATURES, CLASSES},
	.class_count = CLASSES,
	.feature_scale = scale,
	.feature_offset = offset,
};

static double uniform(void)
{
	return ((double)test_random() + 0.5) / 4294967296.0;
}

static float gaussian(void)
{
	return (float)(sqrt(-2.0 * log(uniform())) * cos(6.283185307179586 * uniform()));
}

static uint8_t label_of(int sample)
{
	return (uint8_t)(sample % CLASSES);
}

/* Class means at a distance that a good head can just tell apart; features in units of sigma / 32.
 */
static void draw_world(void)
{
	for (int c = 0; c < CLASSES; c++) {
		for (int d = 0; d < FEATURES; d++) {
			means[c][d] = 0.9f * gaussian();
		}
	}
	for (int d = 0; d < FEATURES; d++) {
		scale[d] = 1.0f / 32.0f;
	}
	for (int i = 0; i < POOL; i++) {
		for (int d = 0; d < FEATURES; d++) {
			float x = 32.0f * (means[label_of(i)][d] + gaussian());

			pool[i][d] = (int8_t)fmaxf(-128.0f, fminf(127.0f, roundf(x)));
		}
	}
}

/* What a sample looks like to a head. */
struct view {
	bool right;
	float loss;
};

static struct view look(const float *params, int sample)
{
	float scratch[MICROTL_HEAD_SCRATCH_COUNT(0)];
	float scores[CLASSES];
	struct microtl_head head;

	spec.params = params;
	CHECK_INT(microtl_head_init(&head, &spec), 0);
	microtl_head_scores(&head, pool[sample], scores, scratch);
	return (struct view){
		.right = microtl_head_best(&head, scores) == label_of(sample),
		.loss = microtl_loss_value(MICROTL_LOSS_SOFTMAX, &head.classes, CLASSES,
					   label_of(sample), NULL, scores),
	};
}

static double accuracy(const float *params)
{
	int right = 0;

	for (int i = 0; i < POOL; i++) {
		right += look(params, i).right;
	}
	return (double)right / POOL;
}

/* The best linear head for these clouds. */
static void best_head(float *params)
{
	for (int c = 0; c < CLASSES; c++) {
		float square = 0.0f;

		for (int d = 0; d < FEATURES; d++) {
			params[c * FEATURES + d] = means[c][d];
			square += means[c][d] * means[c][d];
		}
		params[CLASSES * FEATURES + c] = -square / 2.0f;
	}
}

/* Goes from a head in a random direction until its accuracy is as wanted. */
static void spoil(const float *from, double wanted, float *params)
{
	float direction[PARAMS];
	double near = 0.0;
	double far = 4.0;

	for (int i = 0; i < PARAMS; i++) {
		direction[i] = gaussian();
	}
	for (int step = 0; step < BISECTIONS; step++) {
		double middle = (near + far) / 2.0;

		for (int i = 0; i < PARAMS; i++) {
			params[i] = from[i] + (float)middle * direction[i];
		}
		if (accuracy(params) > wanted) {
			near = middle;
		} else {
			far = middle;
		}
	}
}

/* One judgement on so many held-out features: whether the new head passes. */
static bool passes(const float *before, const float *after, int held_out, bool has_new)
{
	const struct microtl_gate_config config = MICROTL_GATE_CONFIG_DEFAULT;
	struct microtl_gate_tally tally[CLASSES + 1];
	struct microtl_class_set old_classes = {0};
	struct microtl_class_set new_classes = {0};
	struct microtl_gate_result result;
	struct microtl_gate gate;

	for (uint8_t c = 0; c < CLASSES; c++) {
		microtl_class_set_add(&old_classes, c);
	}
	if (has_new) {
		microtl_class_set_add(&new_classes, CLASSES);
	}
	CHECK_INT(microtl_gate_init(&gate, &config, tally, CLASSES + 1, &old_classes, &new_classes),
		  0);
	for (int i = 0; i < held_out; i++) {
		int sample = (int)(test_random() % (POOL / CLASSES)) * CLASSES + i % CLASSES;
		struct view old = look(before, sample);
		struct view new = look(after, sample);

		microtl_gate_add(&gate, label_of(sample), old.right, new.right, old.loss, new.loss);
	}
	for (int i = 0; has_new && i < held_out / CLASSES; i++) {
		microtl_gate_add(&gate, CLASSES, false, uniform() < NEW_RECALL, 0.0f, 0.0f);
	}
	microtl_gate_decide(&gate, &result);
	return result.verdict == MICROTL_VERDICT_ACCEPTED;
}

/* Share of new heads that pass, percent: [without, with a new class][number of held-out features].
 */
static void measure(double change, const int *held_out, int sizes, double rates[2][3])
{
	float best[PARAMS];
	float before[PARAMS];
	float after[PARAMS];

	memset(rates, 0, 6 * sizeof(rates[0][0]));
	for (int h = 0; h < HEADS; h++) {
		draw_world();
		best_head(best);
		spoil(best, OLD_HEAD, before);
		/* Better or as good: another spoiled version of the best; worse: the old one
		 * spoiled. */
		spoil(change < 0.0 ? before : best, OLD_HEAD + change, after);
		for (int t = 0; t < TRIALS; t++) {
			for (int s = 0; s < 2 * sizes; s++) {
				rates[s / sizes][s % sizes] +=
					passes(before, after, held_out[s % sizes], s >= sizes);
			}
		}
	}
	for (int s = 0; s < 2 * sizes; s++) {
		rates[s / sizes][s % sizes] *= 100.0 / (HEADS * TRIALS);
	}
}

int main(void)
{
	static const double changes[] = {-0.13, -0.05, 0.0, 0.05, 0.10};
	static const int held_out[] = {7, 35, 140};
	double rates[2][3];

	printf("| new head, points | no new class: 7 | 35 | 140 | a new class: 7 | 35 | 140 |\n");
	printf("|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		measure(changes[i], held_out, 3, rates);
		printf("| %+.0f | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f |\n", 100.0 * changes[i],
		       rates[0][0], rates[0][1], rates[0][2], rates[1][0], rates[1][1],
		       rates[1][2]);
	}
	return 0;
}
