/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Parameters of the int8 kernels, as the converter writes them.
 *
 * Every kernel has one parameter struct, constant and generated. The converter has checked shapes,
 * ranges and options, so a kernel checks nothing and cannot fail. Tensors are NHWC with a batch of
 * one. All arithmetic follows the TensorFlow Lite 8-bit quantization specification with double
 * rounding: results equal TensorFlow Lite Micro's bit for bit.
 *
 * Kernels may be called from any context that may spend the time; they touch the arena and nothing
 * else.
 */

#ifndef MICROTL_KERNELS_H_
#define MICROTL_KERNELS_H_

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct microtl_op;

/**
 * @brief One operation of the engine.
 *
 * @param op    The operation: arena offsets and parameters.
 * @param arena The arena, aligned to MICROTL_ARENA_ALIGN bytes.
 */
typedef void (*microtl_kernel)(const struct microtl_op *op, int8_t *arena);

/** One entry of a model's operation table. */
struct microtl_op {
	microtl_kernel run;
	/** Parameters: the struct that belongs to @a run, for example struct microtl_conv2d. */
	const void *params;
	/** First input, bytes from the start of the arena. */
	uint32_t input;
	/** Second input where the kernel has one and it is not constant, else 0. */
	uint32_t input2;
	/** Output, bytes from the start of the arena. */
	uint32_t output;
	/** Scratch of the kernel, bytes from the start of the arena, 0 where it needs none. */
	uint32_t scratch;
};

/** Factor in Q31 with a power of two: x * multiplier * 2^(shift - 31), rounded twice. */
struct microtl_requant {
	int32_t multiplier;
	/** Positive: shift left before the multiplication, negative: shift right after it. -31..30.
	 */
	int32_t shift;
};

/** Zero point and clamp of an output. */
struct microtl_output {
	int16_t zero_point;
	/** Fused activation as a clamp on the quantised value. */
	int8_t min;
	int8_t max;
};

/** Geometry of a sliding window: convolutions and pools. */
struct microtl_sliding {
	uint16_t in_h, in_w, in_c;
	uint16_t out_h, out_w, out_c;
	uint16_t kernel_h, kernel_w;
	uint16_t stride_h, stride_w;
	uint16_t dilation_h, dilation_w;
	/** Rows above and columns left of the image; what lies below and right follows from the
	 * output size. */
	uint16_t pad_top, pad_left;
};

/**
 * Convolution, groups included: in_c is a multiple of filter_c, and out_c of the number of groups.
 * Pixels are made in order, so the output may overlap the input where no pixel to come reads.
 */
struct microtl_conv2d {
	struct microtl_sliding at;
	/** Input channels of one filter: in_c, or less with groups. */
	uint16_t filter_c;
	int16_t input_zero_point;
	struct microtl_output out;
	/** [out_c][kernel_h][kernel_w][filter_c], symmetric (zero point 0). */
	const int8_t *weights;
	/** [out_c], or NULL. */
	const int32_t *bias;
	/** [out_c], Q31. */
	const int32_t *multiplier;
	/** [out_c], as microtl_requant::shift. */
	const int8_t *shift;
};
void microtl_kernel_conv2d(const struct microtl_op *op, int8_t *arena);

/**
 * Depthwise convolution; out_c = in_c * depth multiplier. Pixels are made in order, and with a
 * multiplier of 1 the channels of a pixel too, so the output may overlap the input where neither a
 * pixel nor a channel to come reads.
 */
struct microtl_depthwise_conv2d {
	struct microtl_sliding at;
	uint16_t depth_multiplier;
	int16_t input_zero_point;
	struct microtl_output out;
	/** [kernel_h][kernel_w][out_c]. */
	const int8_t *weights;
	/** [out_c], or NULL. */
	const int32_t *bias;
	/** [out_c], Q31. */
	const int32_t *multiplier;
	/** [out_c]. */
	const int8_t *shift;
};
void microtl_kernel_depthwise_conv2d(const struct microtl_op *op, int8_t *arena);

/** Dense layer on @a batch vectors of @a in_c values. The output must not overlap the input. */
struct microtl_fully_connected {
	uint32_t batch;
	uint32_t in_c;
	uint16_t out_c;
	int16_t input_zero_point;
	/** Zero point of the weights: 0 unless the file quantised them asymmetrically, and 0 if per
	 * channel. */
	int16_t weights_zero_point;
	struct microtl_output out;
	/** [out_c][in_c]. */
	const int8_t *weights;
	/** [out_c], or NULL. */
	const int32_t *bias;
	/** [out_c] where @a per_channel, else [1]. */
	const int32_t *multiplier;
	const int8_t *shift;
	bool per_channel;
};
void microtl_kernel_fully_connected(const struct microtl_op *op, int8_t *arena);

/**
 * Average or maximum over a sliding window; in_c equals out_c, dilation is 1; padding takes no
 * part, and each window covers at least one input pixel. Pixels and their channels are made in
 * order, so the output may overlap the input where neither a pixel nor a channel to come reads.
 */
struct microtl_pool {
	struct microtl_sliding at;
	/** Clamp only: a pool keeps the quantisation of its input. */
	int8_t min, max;
};
void microtl_kernel_average_pool(const struct microtl_op *op, int8_t *arena);
void microtl_kernel_max_pool(const struct microtl_op *op, int8_t *arena);

/** Dimensions that the kernels of free shape walk, outermost first; unused ones are 1. */
#define MICROTL_DIMS 5

/** Dimensions that a reduction walks on either side, once neighbours are merged. */
#define MICROTL_REDUCE_DIMS 3

/**
 * Reduction. The output is walked in @a out_dims, outermost first, and written without gaps; the
 * reduced elements of each output are walked in @a reduce_dims. Unused dimensions are 1.
 */
struct microtl_reduce {
	uint32_t out_dims[MICROTL_REDUCE_DIMS];
	/** Input elements from one step of an output dimension to the next. */
	uint32_t out_stride[MICROTL_REDUCE_DIMS];
	uint32_t reduce_dims[MICROTL_REDUCE_DIMS];
	uint32_t reduce_stride[MICROTL_REDUCE_DIMS];
};
/** REDUCE_MAX: the parameters are a struct microtl_reduce. The output must not overlap the input.
 */
void microtl_kernel_reduce_max(const struct microtl_op *op, int8_t *arena);

struct microtl_mean {
	struct microtl_reduce at;
	/** -input zero point * number of reduced elements, less than 2^23 of them. */
	int32_t bias;
	struct microtl_output out;
	/** Scale of input over output, the division by the number of elements folded in as the
	 * reference does. */
	struct microtl_requant requant;
};
/** MEAN. The output must not overlap the input. */
void microtl_kernel_mean(const struct microtl_op *op, int8_t *arena);

/**
 * Two operands a and b, broadcast to @a dims by strides of 0; the output is written without gaps.
 * An operand is constant, or comes from the arena: a from microtl_op::input, b from
 * microtl_op::input2. The output may be the same tensor as an operand that is not broadcast, else
 * it must not overlap.
 */
struct microtl_broadcast {
	uint32_t dims[MICROTL_DIMS];
	int32_t stride_a[MICROTL_DIMS];
	int32_t stride_b[MICROTL_DIMS];
	/** NULL where the operand is in the arena. */
	const int8_t *constant_a;
	const int8_t *constant_b;
};
/** MAXIMUM and MINIMUM: the parameters are a struct microtl_broadcast. */
void microtl_kernel_maximum(const struct microtl_op *op, int8_t *arena);
void microtl_kernel_minimum(const struct microtl_op *op, int8_t *arena);

struct microtl_add {
	struct microtl_broadcast at;
	int16_t zero_point_a, zero_point_b;
	struct microtl_output out;
	/** Left shift of both operands before they are scaled, 20 in the reference. */
	int32_t left_shift;
	struct microtl_requant a, b, result;
	/** a - b instead of a + b. */
	bool subtract;
};
/** ADD and SUB. */
void microtl_kernel_add(const struct microtl_op *op, int8_t *arena);

struct microtl_mul {
	struct microtl_broadcast at;
	int16_t zero_point_a, zero_point_b;
	struct microtl_output out;
	struct microtl_requant requant;
};
void microtl_kernel_mul(const struct microtl_op *op, int8_t *arena);

/** PRELU: a is the input, b is alpha. */
struct microtl_prelu {
	struct microtl_broadcast at;
	int16_t zero_point_a, zero_point_b;
	struct microtl_output out;
	/** For inputs from zero up, and for negative inputs times alpha. */
	struct microtl_requant positive, negative;
};
void microtl_kernel_prelu(const struct microtl_op *op, int8_t *arena);

/**
 * Any function of one int8: LOGISTIC, TANH, RELU, LEAKY_RELU, HARD_SWISH, requantisation.
 * The output may be the same tensor as the input, else it must not overlap.
 */
struct microtl_lut {
	uint32_t count;
	/** [256], indexed by the input value + 128. */
	const int8_t *table;
};
void microtl_kernel_lut(const struct microtl_op *op, int8_t *arena);

/**
 * Softmax over the last dimension of @a rows vectors.
 * The output may be the same tensor as the input, else it must not overlap.
 */
struct microtl_softmax {
	uint32_t rows;
	/** Below 8192. */
	uint16_t depth;
	/** beta * input scale: a difference of inputs becomes Q5.26. The shift is 1..31. */
	struct microtl_requant input;
	/** Differences to the maximum (at most 0) below this count as zero probability. */
	int32_t diff_min;
};
void microtl_kernel_softmax(const struct microtl_op *op, int8_t *arena);

/**
 * Copy with strides: TRANSPOSE, STRIDED_SLICE, one input of CONCATENATION, the inner part of PAD.
 * Elements are walked in @a dims; offsets and strides count bytes. What is read and what is written
 * must not overlap.
 */
struct microtl_copy {
	uint32_t dims[MICROTL_DIMS];
	int32_t in_stride[MICROTL_DIMS];
	int32_t out_stride[MICROTL_DIMS];
	uint32_t in_offset, out_offset;
	/** Constant source, else NULL: then it is microtl_op::input. */
	const int8_t *constant;
};
void microtl_kernel_copy(const struct microtl_op *op, int8_t *arena);

/** Sets @a count bytes of the output to @a value: the border of PAD. */
struct microtl_fill {
	uint32_t count;
	int8_t value;
};
void microtl_kernel_fill(const struct microtl_op *op, int8_t *arena);

/** RESIZE_NEAREST_NEIGHBOR. The output must not overlap the input. */
struct microtl_resize_nearest {
	uint16_t in_w, channels;
	uint16_t out_h, out_w;
	/** [out_h], the input row of each output row. */
	const uint16_t *rows;
	/** [out_w], the input column of each output column. */
	const uint16_t *columns;
};
void microtl_kernel_resize_nearest(const struct microtl_op *op, int8_t *arena);

/** One axis of RESIZE_BILINEAR: output i is read at clamp(i * step + start, 0, size - 1) / 1024. */
struct microtl_resize_axis {
	uint16_t in_size, out_size;
	/** Input pixels * 1024 from one output pixel to the next. */
	int32_t step;
	/** Position of the first output pixel, input pixels * 1024; may be negative. */
	int32_t start;
};

/** RESIZE_BILINEAR. The output must not overlap the input. */
struct microtl_resize_bilinear {
	struct microtl_resize_axis rows, columns;
	uint16_t channels;
};
void microtl_kernel_resize_bilinear(const struct microtl_op *op, int8_t *arena);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_KERNELS_H_ */
