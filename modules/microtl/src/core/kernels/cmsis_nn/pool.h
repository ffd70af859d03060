/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief The parameters that both pools share.
 */

#ifndef MICROTL_KERNELS_CMSIS_NN_POOL_H_
#define MICROTL_KERNELS_CMSIS_NN_POOL_H_

#include "call.h"

/** A pool's geometry as CMSIS-NN takes it. */
struct cmsis_nn_pool {
	cmsis_nn_pool_params how;
	cmsis_nn_dims input, filter, output;
};

static inline struct cmsis_nn_pool cmsis_nn_pool(const struct microtl_pool *p)
{
	const struct microtl_sliding *at = &p->at;

	return (struct cmsis_nn_pool){
		.how = {.stride = cmsis_nn_stride(at),
			.padding = cmsis_nn_padding(at),
			.activation = {.min = p->min, .max = p->max}},
		.input = cmsis_nn_input(at),
		.filter = {.n = 1, .h = at->kernel_h, .w = at->kernel_w, .c = 1},
		.output = cmsis_nn_output(at),
	};
}

#endif /* MICROTL_KERNELS_CMSIS_NN_POOL_H_ */
