/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief Losses of a head: value and gradient for one sample.
 *
 * Own exponential and logarithm, one order of evaluation: the same bits on every CPU.
 * Any thread; nothing is shared.
 */

#ifndef MICROTL_LOSS_H_
#define MICROTL_LOSS_H_

#include <stdint.h>

#include <microtl/head.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief Loss of one sample, and its gradient with respect to the scores.
 *
 * - MICROTL_LOSS_SOFTMAX: cross-entropy -log p[label]; gradient p - target.
 * - MICROTL_LOSS_SIGMOID: binary cross-entropy, summed over the classes; gradient p - target.
 * - MICROTL_LOSS_MSE: mean over all rows of (score - target)^2; gradient 2 (score - target) / rows.
 *
 * Without a target vector the target is 1 for @a label and 0 for the other classes.
 * With softmax a target vector must add up to 1.
 *
 * @param kind    The loss.
 * @param classes Classes that take part; the others get a gradient of 0.
 * @param rows    Class rows.
 * @param label   The class, or MICROTL_LABEL_NONE; not used with a target vector.
 * @param target  [rows], or NULL.
 * @param scores  [rows] in: scores; out: the gradient.
 *
 * @return The loss in nats (softmax, sigmoid) or squared units; not finite where a score is not.
 */
microtl_real_t microtl_loss_gradient(enum microtl_loss kind,
				     const struct microtl_class_set *classes, uint16_t rows,
				     uint8_t label, const microtl_real_t *target,
				     microtl_real_t *scores);

/**
 * @brief Loss of one sample without its gradient; same parameters, @a scores stays as it is.
 *
 * With softmax, a label that takes no part has a loss of FLT_MAX.
 */
microtl_real_t microtl_loss_value(enum microtl_loss kind, const struct microtl_class_set *classes,
				  uint16_t rows, uint8_t label, const microtl_real_t *target,
				  const microtl_real_t *scores);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_LOSS_H_ */
