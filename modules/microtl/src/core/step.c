/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/optimizer.h>

#include <errno.h>
#include <string.h>

#include <microtl/loss.h>

#include "dense.h"
#include "layers.h"
#include "mathf.h"

/* State of the parameter at an offset; no arithmetic on NULL. */
static float *state_at(const struct microtl_optimizer *optimizer, size_t offset)
{
	return optimizer->state == NULL ? NULL : optimizer->state + offset;
}

size_t microtl_step_scratch_count(const struct microtl_head_spec *spec)
{
	return MICROTL_STEP_SCRATCH_COUNT(microtl_head_hidden_count(spec),
					  microtl_head_class_rows(spec));
}

/* The parts of a step's scratch. */
struct scratch {
	float *tile;
	float *hidden;
	/* Gradient of the hidden layers' outputs, laid out like them. */
	float *hidden_delta;
	/* Scores, then their gradient. */
	float *scores;
};

static struct scratch scratch_of(const struct microtl_trainee *trainee)
{
	size_t hidden = microtl_head_hidden_count(trainee->spec);
	struct scratch scratch = {.tile = trainee->scratch};

	scratch.hidden = scratch.tile + MICROTL_HEAD_TILE;
	scratch.hidden_delta = scratch.hidden + hidden;
	scratch.scores = scratch.hidden_delta + hidden;
	return scratch;
}

static bool row_learns(const struct microtl_trainee *trainee, uint8_t layer, size_t row)
{
	const struct microtl_head_spec *spec = trainee->spec;

	return layer < microtl_priv_last(spec) ||
	       microtl_priv_takes_part(spec->loss, &trainee->classes, row);
}

static bool label_valid(const struct microtl_trainee *trainee, uint16_t rows, uint8_t label)
{
	if (label == MICROTL_LABEL_NONE) {
		return trainee->spec->loss != MICROTL_LOSS_SOFTMAX;
	}
	return label < rows && row_learns(trainee, microtl_priv_last(trainee->spec), label);
}

/* Forward pass and gradient of the scores; -ERANGE where a number is not finite. */
static int forward(const struct microtl_trainee *trainee, const struct scratch *scratch,
		   const int8_t *features, uint8_t label, const float *target, float *loss)
{
	const struct microtl_head_spec *spec = trainee->spec;
	uint16_t rows = (uint16_t)microtl_priv_rows_used(spec, &trainee->classes);

	if (target == NULL && !label_valid(trainee, rows, label)) {
		return -EINVAL;
	}
	microtl_priv_forward(spec, trainee->params, rows, features, scratch->scores,
			     scratch->hidden, scratch->tile);
	for (uint16_t c = 0; c < rows; c++) {
		if (row_learns(trainee, microtl_priv_last(spec), c) &&
		    !microtl_priv_finite(scratch->scores[c])) {
			return -ERANGE;
		}
	}
	*loss = microtl_loss_gradient((enum microtl_loss)spec->loss, &trainee->classes, rows, label,
				      target, scratch->scores);
	return microtl_priv_finite(*loss) ? 0 : -ERANGE;
}

/* What is done with the gradient: update (a batch of one), or addition to the gradient buffer. */
struct consumer {
	/* NULL: add to the buffer. */
	const struct microtl_priv_update *update;
	struct microtl_optimizer *optimizer;
	float *params;
	size_t state_stride;
};

static void consume_row(const struct consumer *consumer, size_t offset, const float *x,
			size_t count, float delta)
{
	if (consumer->update == NULL) {
		microtl_priv_dense_gradient(consumer->optimizer->gradient + offset, x, count,
					    delta);
		return;
	}
	microtl_priv_dense_update(consumer->update, consumer->params + offset,
				  state_at(consumer->optimizer, offset), consumer->state_stride, x,
				  count, delta);
}

/* Biases are rows of one input that is 1; they do not decay. */
static void consume_biases(const struct consumer *consumer, const struct microtl_trainee *trainee,
			   uint8_t index, size_t rows, const float *delta)
{
	struct microtl_priv_layer layer = microtl_priv_layer(trainee->spec, index);
	struct consumer undecayed = *consumer;
	struct microtl_priv_update update;
	const float one = 1.0f;

	if (consumer->update != NULL) {
		update = *consumer->update;
		update.decay = 0.0f;
		undecayed.update = &update;
	}
	for (size_t o = 0; o < rows; o++) {
		if (row_learns(trainee, index, o)) {
			consume_row(&undecayed, layer.bias + o, &one, 1, delta[o]);
		}
	}
}

/* A layer behind a hidden one: gradient of its inputs from the weights before they change. */
static void backward_layer(const struct consumer *consumer, const struct microtl_trainee *trainee,
			   uint8_t index, size_t rows, const float *delta, const float *x,
			   float *dx)
{
	struct microtl_priv_layer layer = microtl_priv_layer(trainee->spec, index);

	memset(dx, 0, layer.in * sizeof(*dx));
	for (size_t o = 0; o < rows; o++) {
		size_t row = layer.weights + o * layer.in;

		if (row_learns(trainee, index, o)) {
			microtl_priv_dense_backward(trainee->params + row, layer.in, delta[o], dx);
			consume_row(consumer, row, x, layer.in, delta[o]);
		}
	}
	/* ReLU: where the output is 0 nothing flows back. */
	for (size_t i = 0; i < layer.in; i++) {
		dx[i] = x[i] > 0.0f ? dx[i] : 0.0f;
	}
	consume_biases(consumer, trainee, index, rows, delta);
}

static void backward_features(const struct consumer *consumer,
			      const struct microtl_trainee *trainee, size_t rows,
			      const float *delta, const int8_t *features, float *tile)
{
	struct microtl_priv_layer layer = microtl_priv_layer(trainee->spec, 0);

	for (size_t begin = 0; begin < layer.in; begin += MICROTL_HEAD_TILE) {
		size_t count = microtl_priv_tile_count(trainee->spec, begin);

		microtl_priv_dequantize(trainee->spec, features, begin, count, tile);
		for (size_t o = 0; o < rows; o++) {
			if (row_learns(trainee, 0, o)) {
				consume_row(consumer, layer.weights + o * layer.in + begin, tile,
					    count, delta[o]);
			}
		}
	}
	consume_biases(consumer, trainee, 0, rows, delta);
}

static void backward(const struct consumer *consumer, const struct microtl_trainee *trainee,
		     const struct scratch *scratch, const int8_t *features)
{
	const struct microtl_head_spec *spec = trainee->spec;
	size_t rows = microtl_priv_rows_used(spec, &trainee->classes);
	size_t at = microtl_head_hidden_count(spec);
	const float *delta = scratch->scores;

	for (uint8_t l = microtl_priv_last(spec); l > 0; l--) {
		at -= spec->width[l];
		backward_layer(consumer, trainee, l, rows, delta, scratch->hidden + at,
			       scratch->hidden_delta + at);
		delta = scratch->hidden_delta + at;
		rows = spec->width[l];
	}
	backward_features(consumer, trainee, rows, delta, features, scratch->tile);
}

int microtl_step(struct microtl_optimizer *optimizer, struct microtl_trainee *trainee,
		 const int8_t *features, uint8_t label, const float *target, float *loss)
{
	struct scratch scratch = scratch_of(trainee);
	int ret = forward(trainee, &scratch, features, label, target, loss);

	if (ret != 0) {
		return ret;
	}
	struct microtl_priv_update update = microtl_priv_optimizer_next(optimizer);
	const struct consumer consumer = {
		.update = &update,
		.optimizer = optimizer,
		.params = trainee->params,
		.state_stride = microtl_head_param_count(trainee->spec),
	};
	backward(&consumer, trainee, &scratch, features);
	return 0;
}

int microtl_step_accumulate(struct microtl_optimizer *optimizer, struct microtl_trainee *trainee,
			    const int8_t *features, uint8_t label, const float *target, float *loss)
{
	if (optimizer->gradient == NULL || optimizer->samples == UINT16_MAX) {
		return -EINVAL;
	}
	struct scratch scratch = scratch_of(trainee);
	int ret = forward(trainee, &scratch, features, label, target, loss);

	if (ret != 0) {
		return ret;
	}
	const struct consumer consumer = {.optimizer = optimizer};
	backward(&consumer, trainee, &scratch, features);
	optimizer->samples++;
	return 0;
}

/* Updates one layer's rows that learn; the gradient buffer takes the place of the inputs. */
static void apply_layer(struct microtl_optimizer *optimizer, struct microtl_trainee *trainee,
			const struct microtl_priv_update *update, uint8_t index, float delta)
{
	struct microtl_priv_layer layer = microtl_priv_layer(trainee->spec, index);
	size_t stride = microtl_head_param_count(trainee->spec);
	struct microtl_priv_update bias_update = *update;

	bias_update.decay = 0.0f;
	for (size_t o = 0; o < layer.out; o++) {
		size_t row = layer.weights + o * layer.in;
		size_t bias = layer.bias + o;

		if (!row_learns(trainee, index, o)) {
			continue;
		}
		microtl_priv_dense_update(update, trainee->params + row, state_at(optimizer, row),
					  stride, optimizer->gradient + row, layer.in, delta);
		microtl_priv_dense_update(&bias_update, trainee->params + bias,
					  state_at(optimizer, bias), stride,
					  optimizer->gradient + bias, 1, delta);
	}
}

void microtl_step_apply(struct microtl_optimizer *optimizer, struct microtl_trainee *trainee)
{
	if (optimizer->gradient == NULL || optimizer->samples == 0) {
		return;
	}
	struct microtl_priv_update update = microtl_priv_optimizer_next(optimizer);
	float delta = 1.0f / (float)optimizer->samples;

	for (uint8_t l = 0; l <= microtl_priv_last(trainee->spec); l++) {
		apply_layer(optimizer, trainee, &update, l, delta);
	}
	memset(optimizer->gradient, 0,
	       microtl_head_param_count(trainee->spec) * sizeof(*optimizer->gradient));
	optimizer->samples = 0;
}
