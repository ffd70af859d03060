/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/optimizer.h>

#include <errno.h>
#include <string.h>

#include <microtl/loss.h>

#include "dense.h"
#include "forward.h"
#include "layers.h"
#include "mathf.h"

size_t microtl_step_scratch_count(const struct microtl_head_spec *spec)
{
	return MICROTL_STEP_SCRATCH_COUNT(microtl_priv_hidden_count(spec),
					  microtl_priv_class_rows(spec));
}

/* The parts of a step's scratch. */
struct scratch {
	float *tile;
	float *hidden;
	/* Gradient of the hidden layers' outputs, laid out like them. */
	float *hidden_delta;
	/* Scores, then their gradient. */
	float *scores;
	/* Numbers of a layer's rows. */
	uint16_t *index;
	/* Rows of the last layer up to the highest that takes part. */
	uint16_t rows;
};

static struct scratch scratch_of(const struct microtl_trainee *trainee)
{
	size_t hidden = microtl_priv_hidden_count(trainee->spec);
	struct scratch scratch = {
		.tile = trainee->scratch,
		.rows = (uint16_t)microtl_priv_rows_used(trainee->spec, &trainee->classes),
	};

	scratch.hidden = scratch.tile + MICROTL_HEAD_TILE;
	scratch.hidden_delta = scratch.hidden + hidden;
	scratch.scores = scratch.hidden_delta + hidden;
	scratch.index = (void *)(scratch.scores + microtl_priv_class_rows(trainee->spec));
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
		return !microtl_priv_is_softmax(trainee->spec->loss);
	}
	return label < rows && row_learns(trainee, microtl_priv_last(trainee->spec), label);
}

/* Forward pass and gradient of the scores; -ERANGE where the loss is not finite. */
static int forward(const struct microtl_trainee *trainee, const struct scratch *scratch,
		   const int8_t *features, uint8_t label, const float *target, float *loss)
{
	const struct microtl_head_spec *spec = trainee->spec;
	uint16_t rows = scratch->rows;

	if (target == NULL ? !label_valid(trainee, rows, label) : !MICROTL_WITH_TARGETS) {
		return -EINVAL;
	}
	microtl_priv_forward(spec, trainee->params, rows, features, scratch->scores,
			     scratch->hidden, scratch->tile);
	*loss = microtl_loss_gradient((enum microtl_loss)spec->loss, &trainee->classes, rows, label,
				      target, scratch->scores);
	return microtl_priv_finite(*loss) ? 0 : -ERANGE;
}

/* What is done with the gradient: update (a batch of one), or addition to the gradient buffer. */
struct consumer {
	bool accumulates;
	/* Unless it accumulates. */
	struct microtl_priv_update update;
	const struct microtl_trainee *trainee;
	/* [parameters] all three; NULL where the optimiser has none. */
	float *params;
	float *state;
	float *gradient;
	/* From Adam's first moment of a parameter to its second. */
	size_t state_stride;
};

static struct consumer accumulator_of(const struct microtl_optimizer *optimizer,
				      const struct microtl_trainee *trainee)
{
	return (struct consumer){
		.accumulates = true,
		.trainee = trainee,
		.params = trainee->params,
		.gradient = optimizer->gradient,
	};
}

/* For the next update. */
static void updater_init(struct consumer *consumer, struct microtl_optimizer *optimizer,
			 const struct microtl_trainee *trainee)
{
	consumer->accumulates = false;
	microtl_priv_optimizer_next(optimizer, &consumer->update);
	consumer->trainee = trainee;
	consumer->params = trainee->params;
	consumer->state = optimizer->state;
	consumer->gradient = optimizer->gradient;
	consumer->state_stride = 0;
	if (microtl_priv_kind(consumer->update.kind) == MICROTL_OPTIMIZER_ADAM) {
		consumer->state_stride = microtl_head_param_count(trainee->spec);
	}
}

static bool accumulates(const struct consumer *consumer)
{
	return MICROTL_WITH_BATCH && consumer->accumulates;
}

/* Errors of those rows of a layer that have one. The others rest. */
struct errors {
	/* [rows] */
	const float *delta;
	/* [rows] numbers of the rows. */
	const uint16_t *index;
	size_t rows;
};

/* The matrix at an offset of the parameters, or a stretch of the inputs of one, by its inputs. */
static void consume(const struct consumer *consumer, const struct errors *errors, size_t offset,
		    size_t stride, const float *x, size_t count)
{
	struct microtl_priv_rows rows = {
		.weights = consumer->params + offset,
		.state = consumer->state == NULL ? NULL : consumer->state + offset,
		.state_stride = consumer->state_stride,
		.stride = stride,
		.columns = count,
		.index = errors->index,
		.rows = errors->rows,
	};

	if (accumulates(consumer)) {
		rows.weights = consumer->gradient + offset;
		microtl_priv_dense_add(&rows, x, errors->delta);
	} else {
		microtl_priv_dense_update(&consumer->update, &rows, x, errors->delta);
	}
}

/* A bias has an input of 1: its gradient is the error. */
static inline void consume_bias(const struct consumer *consumer, size_t at, float delta)
{
	if (accumulates(consumer)) {
		consumer->gradient[at] += delta;
	} else {
		microtl_priv_update_one(microtl_priv_kind(consumer->update.kind), &consumer->update,
					consumer->params, consumer->state, at,
					consumer->state_stride, delta);
	}
}

/* What an error is multiplied by: the rate, where microtl_priv_update_one() wants it. */
static float step_of(const struct consumer *consumer)
{
	if (accumulates(consumer)) {
		return 1.0f;
	}
	switch (microtl_priv_kind(consumer->update.kind)) {
	case MICROTL_OPTIMIZER_SGD:
		return -consumer->update.rate;
	case MICROTL_OPTIMIZER_MOMENTUM:
		return consumer->update.rate;
	default:
		return 1.0f;
	}
}

/*
 * Gathers the errors of a layer, in place, and lets its biases learn from them: rows without a
 * class and hidden units that are off have none, and those smaller than the least one count as
 * none.
 */
static struct errors gather(const struct consumer *consumer, const struct microtl_priv_layer *layer,
			    float *delta, uint16_t *index, size_t rows, float least)
{
	/* A copy, which no store to a float can change. */
	const struct consumer own = *consumer;
	/* Magnitudes of floats compare like their bits; those of 0 are 0. */
	uint32_t smallest = least > 0.0f ? microtl_priv_float_bits(least) : 1U;
	float step = step_of(&own);
	float *found = delta;
	uint16_t *number = index;

	for (size_t o = 0; o < rows; o++) {
		float error = delta[o];

		if ((microtl_priv_float_bits(error) & UINT32_C(0x7fffffff)) >= smallest) {
			error *= step;
			*found++ = error;
			*number++ = (uint16_t)o;
			consume_bias(&own, layer->bias + o, error);
		}
	}
	return (struct errors){.delta = delta, .index = index, .rows = (size_t)(found - delta)};
}

/* Gradient of a layer's inputs, those behind a hidden layer, from weights before they change. */
static void backward_inputs(const struct consumer *consumer, const struct microtl_priv_layer *layer,
			    size_t rows, const float *delta, const float *x, float *dx)
{
	memset(dx, 0, layer->in * sizeof(*dx));
	for (size_t o = 0; o < rows; o++) {
		if (delta[o] != 0.0f) {
			microtl_priv_dense_add_row(
				dx, consumer->params + layer->weights + o * layer->in, layer->in,
				delta[o]);
		}
	}
	/* ReLU: where the output is 0 nothing flows back. */
	for (size_t i = 0; i < layer->in; i++) {
		dx[i] = x[i] > 0.0f ? dx[i] : 0.0f;
	}
}

static void backward_features(const struct consumer *consumer, const struct errors *errors,
			      const int8_t *features, float *tile)
{
	const struct microtl_head_spec *spec = consumer->trainee->spec;
	size_t width = spec->width[0];

	for (size_t tiles = (width - 1U) / MICROTL_HEAD_TILE + 1U; tiles > 0; tiles--) {
		size_t begin = (tiles - 1U) * MICROTL_HEAD_TILE;
		size_t count = microtl_priv_tile_count(spec, begin);

		/* The last tile comes first: the forward pass has left it. */
		if (begin + count < width) {
			microtl_priv_dequantize(spec, features, begin, count, tile);
		}
		consume(consumer, errors, begin, width, tile, count);
	}
}

static void backward(const struct consumer *consumer, const struct scratch *scratch,
		     const int8_t *features, float least)
{
	const struct microtl_head_spec *spec = consumer->trainee->spec;
	size_t rows = scratch->rows;
	size_t at = microtl_priv_hidden_count(spec);
	float *delta = scratch->scores;
	struct microtl_priv_layer layer;
	struct errors errors;

	for (uint8_t l = microtl_priv_last(spec); l > 0; l--) {
		layer = microtl_priv_layer(spec, l);
		at -= layer.in;
		float *dx = scratch->hidden_delta + at;
		backward_inputs(consumer, &layer, rows, delta, scratch->hidden + at, dx);
		errors = gather(consumer, &layer, delta, scratch->index, rows, least);
		consume(consumer, &errors, layer.weights, layer.in, scratch->hidden + at, layer.in);
		delta = dx;
		rows = layer.in;
		least = 0.0f;
	}
	layer = microtl_priv_layer(spec, 0);
	errors = gather(consumer, &layer, delta, scratch->index, rows, least);
	if (errors.rows > 0) {
		backward_features(consumer, &errors, features, scratch->tile);
	}
}

/* The decay that is due, for all weights that learn: rows in a row at once. */
static void decay(const struct microtl_trainee *trainee, float keep)
{
	for (uint8_t l = 0; keep < 1.0f && l <= microtl_priv_last(trainee->spec); l++) {
		struct microtl_priv_layer layer = microtl_priv_layer(trainee->spec, l);
		size_t first = 0;

		for (size_t o = 0; o <= layer.out; o++) {
			if (o == layer.out || !row_learns(trainee, l, o)) {
				microtl_priv_dense_decay(trainee->params + layer.weights +
								 first * layer.in,
							 (o - first) * layer.in, keep);
				first = o + 1U;
			}
		}
	}
}

int microtl_step(struct microtl_optimizer *optimizer, struct microtl_trainee *trainee,
		 const int8_t *features, uint8_t label, const float *target, float *loss)
{
	struct scratch scratch = scratch_of(trainee);
	int ret = forward(trainee, &scratch, features, label, target, loss);

	if (ret != 0) {
		return ret;
	}
	struct consumer consumer;

	updater_init(&consumer, optimizer, trainee);
	decay(trainee, consumer.update.keep);
	backward(&consumer, &scratch, features,
		 MICROTL_WITH_TARGETS && target != NULL ? 0.0f : optimizer->config->error_min);
	return 0;
}

int microtl_step_accumulate(struct microtl_optimizer *optimizer, struct microtl_trainee *trainee,
			    const int8_t *features, uint8_t label, const float *target, float *loss)
{
	if (!MICROTL_WITH_BATCH || optimizer->gradient == NULL ||
	    optimizer->samples == UINT16_MAX) {
		return -EINVAL;
	}
	struct scratch scratch = scratch_of(trainee);
	int ret = forward(trainee, &scratch, features, label, target, loss);

	if (ret != 0) {
		return ret;
	}
	const struct consumer consumer = accumulator_of(optimizer, trainee);
	backward(&consumer, &scratch, features, 0.0f);
	optimizer->samples++;
	return 0;
}

/*
 * Updates one layer's rows that learn; the gradient buffer takes the place of the inputs, factor of
 * an error.
 */
static void apply_layer(const struct consumer *consumer, uint8_t index, float factor)
{
	const struct microtl_trainee *trainee = consumer->trainee;
	struct microtl_priv_layer layer = microtl_priv_layer(trainee->spec, index);
	const float *gradient = consumer->gradient;
	const uint16_t first = 0;
	const struct errors errors = {.delta = &factor, .index = &first, .rows = 1};

	for (size_t o = 0; o < layer.out; o++) {
		size_t row = layer.weights + o * layer.in;
		size_t bias = layer.bias + o;

		if (row_learns(trainee, index, o)) {
			consume(consumer, &errors, row, layer.in, gradient + row, layer.in);
			consume_bias(consumer, bias, factor * gradient[bias]);
		}
	}
}

void microtl_step_apply(struct microtl_optimizer *optimizer, struct microtl_trainee *trainee)
{
	if (!MICROTL_WITH_BATCH || optimizer->gradient == NULL || optimizer->samples == 0) {
		return;
	}
	struct consumer consumer;

	updater_init(&consumer, optimizer, trainee);
	float factor = step_of(&consumer) / (float)optimizer->samples;

	decay(trainee, consumer.update.keep);
	for (uint8_t l = 0; l <= microtl_priv_last(trainee->spec); l++) {
		apply_layer(&consumer, l, factor);
	}
	memset(optimizer->gradient, 0,
	       microtl_head_param_count(trainee->spec) * sizeof(*optimizer->gradient));
	optimizer->samples = 0;
}
