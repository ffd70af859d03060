/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief The core's numbers, whatever its arithmetic, as the float and double of Python.
 */

#ifndef MICROTL_TWIN_REALS_H_
#define MICROTL_TWIN_REALS_H_

#include <float.h>
#include <stdbool.h>

#include <microtl/head.h>

#if MICROTL_ARITHMETIC_FIXED

#define MICROTL_TWIN_REAL_MAX ((double)(INT32_MAX >> MICROTL_REAL_BITS))

static inline double real_to_double(microtl_real_t x)
{
	return (double)x / (1 << MICROTL_REAL_BITS);
}

static inline microtl_real_t real_of(double x)
{
	return MICROTL_REAL(x);
}

static inline float score_to_float(microtl_real_t x)
{
	return x == MICROTL_SCORE_NONE ? -FLT_MAX : (float)real_to_double(x);
}

static inline float param_to_float(microtl_param_t x)
{
	return (float)((double)x / (1 << MICROTL_PARAM_BITS));
}

#else

#define MICROTL_TWIN_REAL_MAX ((double)FLT_MAX)

static inline double real_to_double(microtl_real_t x)
{
	return (double)x;
}

static inline microtl_real_t real_of(double x)
{
	return (float)x;
}

static inline float score_to_float(microtl_real_t x)
{
	return x;
}

static inline float param_to_float(microtl_param_t x)
{
	return x;
}

#endif

#endif /* MICROTL_TWIN_REALS_H_ */
