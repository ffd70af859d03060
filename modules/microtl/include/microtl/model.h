/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief A converted model: everything that the converter writes, all of it constant.
 *
 * Generated files include this header and nothing else of MicroTL.
 */

#ifndef MICROTL_MODEL_H_
#define MICROTL_MODEL_H_

#include <stddef.h>
#include <stdint.h>

#include <microtl/kernels.h>
#include <microtl/kernels_cmsis_nn.h>
#include <microtl/kernels_dsp.h>
#include <microtl/kernels_mve.h>
#include <microtl/real.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Version of the generated format; a generated file refuses to compile against another one. */
#define MICROTL_MODEL_FORMAT 1

/** Alignment of the arena and of every tensor in it, bytes. */
#define MICROTL_ARENA_ALIGN 4

/** Dense layers that a head can have. */
#define MICROTL_HEAD_LAYERS_MAX 3

/** Classes that a head can have, the rows reserved for classes to come included. */
#define MICROTL_CLASSES_MAX 255

/** Longest class name in bytes, the final zero not counted. */
#define MICROTL_CLASS_NAME_MAX 15

/** What the head's last layer is trained against. */
enum microtl_loss {
	/** Softmax and cross-entropy: one class out of many. */
	MICROTL_LOSS_SOFTMAX = 0,
	/** Sigmoid and binary cross-entropy a class. */
	MICROTL_LOSS_SIGMOID = 1,
	/** No activation, mean squared error: autoencoders and regression. */
	MICROTL_LOSS_MSE = 2,
};

/** An int8 tensor in the arena: real value = scale * (q - zero_point). */
struct microtl_tensor {
	/** Bytes from the start of the arena. */
	uint32_t offset;
	/** Elements, one byte each. */
	uint32_t size;
	float scale;
	int16_t zero_point;
	uint8_t rank;
	/** Without the batch dimension; unused ones are 1. */
	uint16_t shape[4];
};

/** One channel of the input: model value = (raw - offset) * scale. */
struct microtl_channel {
	const char *name;
	/** Unit of the raw value, for example "m/s^2"; "" where unknown. */
	const char *unit;
	float offset;
	float scale;
};

/**
 * @brief The head as it left the factory.
 *
 * The head sees standardised features u[d] = q[d] * feature_scale[d] + feature_offset[d], q being
 * the int8 feature; mean and sigma of the training set are folded into the two tables. Parameters
 * lie layer after layer: weights [out][in], then bias [out]. The last layer has a row for each of
 * width[layer_count] classes; the rows from class_count on are zero and free.
 */
struct microtl_head_spec {
	uint8_t layer_count;
	/** An enum microtl_loss. */
	uint8_t loss;
	/** Width of the input, of each hidden layer (ReLU behind it), and of the last layer. */
	uint16_t width[MICROTL_HEAD_LAYERS_MAX + 1];
	/** Classes that the factory head knows. */
	uint16_t class_count;
	/** [width[0]]; for fixed point both tables have 16 fraction bits. */
	const microtl_param_t *feature_scale;
	/** [width[0]] */
	const microtl_param_t *feature_offset;
	const microtl_param_t *params;
	/** [class_count] of 1..MICROTL_CLASS_NAME_MAX bytes, no two the same. */
	const char *const *class_names;
};

/** Read-only labelled features that ship with the model, so that old classes are not forgotten. */
struct microtl_base_set {
	/** [count][width[0]] */
	const int8_t *features;
	/** [count] */
	const uint8_t *labels;
	uint16_t count;
	/** The last gate_count entries are held out for the gate and never trained on. */
	uint16_t gate_count;
};

/** What must match for a stored head to fit: truncated SHA-256 of each part. */
struct microtl_model_id {
	/** Operations, weights and input quantisation. */
	uint32_t backbone;
	/** Channels, window and the name of the pre-processing. */
	uint32_t preprocess;
	/** Quantisation and standardisation of the features. */
	uint32_t feature;
	/**
	 * Layers, widths and loss of the head; for fixed point with MICROTL_MODEL_ID_FIXED
	 * exclusive-ored into it.
	 */
	uint32_t head;
};

#define MICROTL_MODEL_ID_FIXED 0x46495844

/** A converted model. */
struct microtl_model {
	const char *name;
	struct microtl_model_id id;
	const struct microtl_op *ops;
	uint16_t op_count;
	/** Bytes of RAM that the engine needs. */
	uint32_t arena_size;
	struct microtl_tensor input;
	/** The features, or the model's output where it was converted without a head. */
	struct microtl_tensor output;
	/**
	 * [channel_count], or NULL where they were not described. The input holds frames of
	 * channels: value i belongs to channel i % channel_count.
	 */
	const struct microtl_channel *channels;
	uint16_t channel_count;
	/** NULL where the whole model is frozen. */
	const struct microtl_head_spec *head;
	/** NULL where the model ships none. */
	const struct microtl_base_set *base;
};

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_MODEL_H_ */
