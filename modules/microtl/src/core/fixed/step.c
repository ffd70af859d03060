/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/optimizer.h>

#include <errno.h>

#include <microtl/loss.h>

#include "dense.h"
#include "forward.h"
#include "layers.h"

size_t microtl_step_scratch_count(const struct microtl_head_spec *spec)
{
	return MICROTL_STEP_SCRATCH_COUNT(microtl_head_hidden_count(spec),
					  microtl_priv_class_rows(spec));
}

static bool learns(const struct microtl_trainee *trainee, size_t row)
{
	return microtl_class_set_has(&trainee->classes, (uint8_t)row);
}

/* The decay that is due now and then. */
static void decay(const struct microtl_optimizer *optimizer, const struct microtl_trainee *trainee)
{
	struct microtl_priv_layer layer = microtl_priv_layer(trainee->spec, 0);

	if ((optimizer->updates + 1U) % MICROTL_DECAY_INTERVAL != 0U || optimizer->decay == 0) {
		return;
	}
	for (size_t o = 0; o < layer.out; o++) {
		if (learns(trainee, o)) {
			microtl_priv_dense_decay(trainee->params + layer.weights + o * layer.in,
						 layer.in, optimizer->decay);
		}
	}
}

/* Errors to steps, in place; 0 where a row rests. */
static void steps_of(const struct microtl_optimizer *optimizer, microtl_real_t *errors, size_t rows,
		     microtl_real_t least)
{
	for (size_t o = 0; o < rows; o++) {
		microtl_real_t magnitude = errors[o] < 0 ? -errors[o] : errors[o];

		errors[o] = magnitude < least ? 0
					      : (int32_t)(((int64_t)errors[o] * optimizer->rate +
							   (1 << (MICROTL_REAL_BITS - 1))) >>
							  MICROTL_REAL_BITS);
	}
}

/* The weights that see a stretch of inputs, or with a count of 1 the biases. */
static void update(const struct microtl_optimizer *optimizer, struct microtl_trainee *trainee,
		   const int32_t *steps, size_t rows, size_t offset, size_t stride,
		   const int16_t *u, size_t count)
{
	const struct microtl_priv_update how = {
		.momentum = optimizer->momentum,
		.scale = optimizer->scale,
	};

	for (size_t o = 0; o < rows; o++) {
		size_t at = offset + o * stride;

		if (steps[o] != 0) {
			microtl_priv_dense_update(&how, trainee->params + at,
						  optimizer->state == NULL ? NULL
									   : optimizer->state + at,
						  u, count, steps[o]);
		}
	}
}

static void update_all(const struct microtl_optimizer *optimizer, struct microtl_trainee *trainee,
		       const int8_t *features, const int32_t *steps, size_t rows, int16_t *tile)
{
	const int16_t one = MICROTL_PRIV_FEATURE_ONE;
	struct microtl_priv_layer layer = microtl_priv_layer(trainee->spec, 0);

	for (size_t tiles = (layer.in - 1U) / MICROTL_PRIV_TILE + 1U; tiles > 0; tiles--) {
		size_t begin = (tiles - 1U) * MICROTL_PRIV_TILE;
		size_t count = microtl_priv_tile_count(trainee->spec, begin);

		/* The last tile comes first: the forward pass has left it. */
		if (begin + count < layer.in) {
			microtl_priv_tile(trainee->spec, features, begin, tile);
		}
		update(optimizer, trainee, steps, rows, layer.weights + begin, layer.in, tile,
		       count);
	}
	update(optimizer, trainee, steps, rows, layer.bias, 1, &one, 1);
}

int microtl_step(struct microtl_optimizer *optimizer, struct microtl_trainee *trainee,
		 const int8_t *features, uint8_t label, const microtl_real_t *target,
		 microtl_real_t *loss)
{
	uint16_t rows = (uint16_t)microtl_priv_rows_used(trainee->spec, &trainee->classes);
	int16_t *tile = (void *)trainee->scratch;
	microtl_real_t *scores = trainee->scratch + MICROTL_HEAD_TILE;

	if (target != NULL || label >= rows || !learns(trainee, label)) {
		return -EINVAL;
	}
	microtl_priv_forward(trainee->spec, trainee->params, rows, features, scores, tile);
	*loss = microtl_loss_gradient(MICROTL_LOSS_SOFTMAX, &trainee->classes, rows, label, NULL,
				      scores);
	decay(optimizer, trainee);
	steps_of(optimizer, scores, rows, optimizer->config->error_min);
	update_all(optimizer, trainee, features, scores, rows, tile);
	if (optimizer->updates < UINT32_MAX) {
		optimizer->updates++;
	}
	return 0;
}

/* Every batch is one sample: microtl_optimizer_init() takes no gradient buffer. */
int microtl_step_accumulate(struct microtl_optimizer *optimizer, struct microtl_trainee *trainee,
			    const int8_t *features, uint8_t label, const microtl_real_t *target,
			    microtl_real_t *loss)
{
	(void)optimizer;
	(void)trainee;
	(void)features;
	(void)label;
	(void)target;
	(void)loss;
	return -EINVAL;
}

void microtl_step_apply(struct microtl_optimizer *optimizer, struct microtl_trainee *trainee)
{
	(void)optimizer;
	(void)trainee;
}
