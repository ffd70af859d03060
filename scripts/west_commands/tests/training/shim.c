/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* The core's training, flat enough for ctypes. Memory is the caller's: NumPy arrays. */

#include <stdlib.h>
#include <string.h>

#include <microtl/gate.h>
#include <microtl/head.h>
#include <microtl/loss.h>
#include <microtl/optimizer.h>
#include <microtl/replay.h>

#include "mathf.h"

struct shim {
	struct microtl_head_spec spec;
	struct microtl_optimizer_config config;
	struct microtl_optimizer optimizer;
	struct microtl_trainee trainee;
};

struct shim *shim_new(int layers, int loss, const uint16_t *widths, const float *scale,
		      const float *offset, float *params, const uint8_t *classes)
{
	struct shim *shim = calloc(1, sizeof(*shim));

	shim->spec = (struct microtl_head_spec){
		.layer_count = (uint8_t)layers,
		.loss = (uint8_t)loss,
		.feature_scale = scale,
		.feature_offset = offset,
		.params = params,
	};
	memcpy(shim->spec.width, widths, ((size_t)layers + 1U) * sizeof(*widths));
	shim->trainee.spec = &shim->spec;
	shim->trainee.params = params;
	shim->trainee.scratch = calloc(microtl_step_scratch_count(&shim->spec), sizeof(float));
	for (uint16_t c = 0; loss != MICROTL_LOSS_MSE && c < widths[layers]; c++) {
		if (classes[c] != 0) {
			microtl_class_set_add(&shim->trainee.classes, (uint8_t)c);
		}
	}
	return shim;
}

void shim_free(struct shim *shim)
{
	free(shim->trainee.scratch);
	free(shim);
}

int shim_start(struct shim *shim, int kind, int schedule, const float *values, float *state,
	       float *gradient, uint32_t updates)
{
	shim->config = (struct microtl_optimizer_config){
		.kind = (enum microtl_optimizer_kind)kind,
		.schedule = (enum microtl_schedule)schedule,
		.learning_rate = values[0],
		.momentum = values[1],
		.beta2 = values[2],
		.epsilon = values[3],
		.weight_decay = values[4],
		.final_rate_ratio = values[5],
		.error_min = values[6],
	};
	return microtl_optimizer_init(&shim->optimizer, &shim->config, state, gradient,
				      microtl_head_param_count(&shim->spec), updates);
}

/* Learns samples in batches; the loss of each goes to losses. */
int shim_learn(struct shim *shim, int count, int batch, const int8_t *features,
	       const uint8_t *labels, const float *targets, float *losses)
{
	size_t width = shim->spec.width[0];
	size_t rows = microtl_head_class_rows(&shim->spec);

	for (int i = 0; i < count; i++) {
		const float *target = targets == NULL ? NULL : targets + (size_t)i * rows;
		int ret = batch == 1 ? microtl_step(&shim->optimizer, &shim->trainee,
						    features + (size_t)i * width, labels[i], target,
						    &losses[i])
				     : microtl_step_accumulate(&shim->optimizer, &shim->trainee,
							       features + (size_t)i * width,
							       labels[i], target, &losses[i]);
		if (ret != 0) {
			return ret;
		}
		if (batch > 1 && ((i + 1) % batch == 0 || i + 1 == count)) {
			microtl_step_apply(&shim->optimizer, &shim->trainee);
		}
	}
	return 0;
}

/* Gradient of one sample, without an update, into the gradient buffer. */
int shim_accumulate(struct shim *shim, const int8_t *features, uint8_t label, const float *target,
		    float *loss)
{
	return microtl_step_accumulate(&shim->optimizer, &shim->trainee, features, label, target,
				       loss);
}

void shim_scores(struct shim *shim, int count, const int8_t *features, float *scores, int activate)
{
	size_t width = shim->spec.width[0];
	size_t rows = microtl_head_class_rows(&shim->spec);
	const struct microtl_head head = {
		.spec = &shim->spec,
		.params = shim->trainee.params,
		.classes = shim->trainee.classes,
	};

	for (size_t i = 0; i < (size_t)count; i++) {
		microtl_head_scores(&head, features + i * width, scores + i * rows,
				    shim->trainee.scratch);
		if (activate != 0) {
			microtl_head_activate(&head, scores + i * rows);
		}
	}
}

void shim_imprint(struct shim *shim, uint8_t label, int count, const int8_t *features)
{
	microtl_head_imprint_begin(&shim->spec, shim->trainee.params, label);
	for (int i = 0; i < count; i++) {
		microtl_head_imprint_add(&shim->spec, shim->trainee.params, label,
					 features + (size_t)i * shim->spec.width[0],
					 shim->trainee.scratch);
	}
	microtl_head_imprint_end(&shim->spec, shim->trainee.params, &shim->trainee.classes, label,
				 (uint16_t)count);
}

void shim_math(int function, int count, const float *x, float *y)
{
	float (*const functions[])(float) = {
		microtl_priv_expf,  microtl_priv_logf,       microtl_priv_cospif,
		microtl_priv_sqrtf, microtl_priv_sqrtf_soft,
	};

	for (int i = 0; i < count; i++) {
		y[i] = functions[function](x[i]);
	}
}
