/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Whether the assembly of this folder fits the CPU; read by C and by assembly.
 */

#ifndef MICROTL_KERNELS_DSP_TARGET_H_
#define MICROTL_KERNELS_DSP_TARGET_H_

#if defined(__ARM_FEATURE_DSP) && defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#define MICROTL_PRIV_DSP_ASSEMBLY 1
#else
#define MICROTL_PRIV_DSP_ASSEMBLY 0
#endif

#endif /* MICROTL_KERNELS_DSP_TARGET_H_ */
