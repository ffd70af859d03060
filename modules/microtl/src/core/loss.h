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
 * Scores to probabilities over the classes, in place; others are left alone.
 * Returns the logarithm of the sum of exponentials, which makes the loss of class c that minus its
 * score.
 */
float microtl_priv_softmax(const struct microtl_class_set *classes, size_t rows, float *scores);

/* 1 / (1 + e^-x) without overflow. */
float microtl_priv_sigmoid(float x);

#endif /* MICROTL_CORE_LOSS_H_ */
