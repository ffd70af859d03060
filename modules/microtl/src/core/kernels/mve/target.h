/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Whether the CPU has Helium's integer vectors; read by C and by assembly.
 */

#ifndef MICROTL_KERNELS_MVE_TARGET_H_
#define MICROTL_KERNELS_MVE_TARGET_H_

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
#define MICROTL_PRIV_MVE 1
#else
#define MICROTL_PRIV_MVE 0
#endif

#endif /* MICROTL_KERNELS_MVE_TARGET_H_ */
