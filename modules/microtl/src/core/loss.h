/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Activations that head and loss share. */

#ifndef MICROTL_CORE_LOSS_H_
#define MICROTL_CORE_LOSS_H_

#include <stddef.h>

#include <microtl/loss.h>

/*
 * Scores to probabilities over the classes, in place; 0 for the others. *top is the highest score.
 * Returns log(sum of exp(score - top)): less (score - top) of a class it is the loss of that class.
 */
microtl_real_t microtl_priv_softmax(const struct microtl_class_set *classes, size_t rows,
				    microtl_real_t *scores, microtl_real_t *top);

/* 1 / (1 + e^-x) without overflow. */
microtl_real_t microtl_priv_sigmoid(microtl_real_t x);

#endif /* MICROTL_CORE_LOSS_H_ */
