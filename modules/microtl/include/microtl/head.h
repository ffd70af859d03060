/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief The head: one to three dense layers from int8 features to class scores.
 *
 * A head is a description in flash (struct microtl_head_spec), its parameters (in flash or RAM,
 * read only here) and the set of classes that take part. Results are the same to the bit on every
 * CPU: each output starts from its bias and adds weight times input in a fixed order, each product
 * and each sum rounded to float32. Inputs are taken a tile at a time; of every whole eight in it
 * the even ones add to the output and the odd ones to a second sum, which is added at the end of
 * them.
 *
 * No function here blocks, allocates or writes anything but its out-parameters, so all of them may
 * be called from any thread; from an ISR only where the float registers are saved there. Calls that
 * share a scratch buffer must be serialised by the caller.
 */

#ifndef MICROTL_HEAD_H_
#define MICROTL_HEAD_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microtl/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Features that are dequantised at a time: bounds the scratch whatever the width of the input. */
#define MICROTL_HEAD_TILE 128

/** Score of a class that takes no part: below every real score. */
#define MICROTL_SCORE_NONE (-MICROTL_REAL_MAX)

/** A label that stands for none of the classes (sigmoid heads: every target is 0). */
#define MICROTL_LABEL_NONE UINT8_MAX

/** Parameters of a head with one dense layer: @a d features, @a c class rows. */
#define MICROTL_HEAD_PARAM_COUNT_1(d, c)    (((d) + 1) * (c))
/** Parameters of a head with a hidden layer of @a h. */
#define MICROTL_HEAD_PARAM_COUNT_2(d, h, c) (((d) + 1) * (h) + ((h) + 1) * (c))
/** Parameters of a head with hidden layers of @a h1 and @a h2. */
#define MICROTL_HEAD_PARAM_COUNT_3(d, h1, h2, c)                                                   \
	(((d) + 1) * (h1) + ((h1) + 1) * (h2) + ((h2) + 1) * (c))

/** Floats of scratch for a forward pass; @a hidden is the sum of the hidden widths, 0 without. */
#define MICROTL_HEAD_SCRATCH_COUNT(hidden) (MICROTL_HEAD_TILE + (hidden))

/** A set of labels 0..MICROTL_CLASSES_MAX - 1. All zero is the empty set. */
struct microtl_class_set {
	uint32_t bits[(MICROTL_CLASSES_MAX + 31) / 32];
};

/** @return Whether @a label, 0..MICROTL_CLASSES_MAX, is in the set. */
static inline bool microtl_class_set_has(const struct microtl_class_set *set, size_t label)
{
	return ((set->bits[label / 32U] >> (label % 32U)) & 1U) != 0U;
}

/** Puts @a label into the set. */
static inline void microtl_class_set_add(struct microtl_class_set *set, size_t label)
{
	set->bits[label / 32U] |= UINT32_C(1) << (label % 32U);
}

/** Takes @a label out of the set. */
static inline void microtl_class_set_remove(struct microtl_class_set *set, size_t label)
{
	set->bits[label / 32U] &= ~(UINT32_C(1) << (label % 32U));
}

/** @return Number of labels in the set. */
uint16_t microtl_class_set_count(const struct microtl_class_set *set);

/** A head that can be run. Owned by the caller, who may copy it. */
struct microtl_head {
	const struct microtl_head_spec *spec;
	/** Layer after layer, weights [out][in], then bias [out]; in flash or RAM. */
	const microtl_param_t *params;
	/** Classes that take part; not looked at with MICROTL_LOSS_MSE, whose outputs all do. */
	struct microtl_class_set classes;
};

/** @return Floats that the parameters of @a spec take. */
size_t microtl_head_param_count(const struct microtl_head_spec *spec);

/** @return Sum of the widths of the hidden layers, 0 for a single dense layer. */
size_t microtl_head_hidden_count(const struct microtl_head_spec *spec);

/** @return Floats of scratch that a forward pass needs: MICROTL_HEAD_SCRATCH_COUNT(). */
size_t microtl_head_scratch_count(const struct microtl_head_spec *spec);

/** @return Class rows of the head, or outputs with MICROTL_LOSS_MSE: width of the last layer. */
uint16_t microtl_head_class_rows(const struct microtl_head_spec *spec);

/**
 * @brief Points a head at the factory parameters, with the factory's classes.
 *
 * @retval 0       Done.
 * @retval -EINVAL The description is not one the core can run (layers, widths, class count, loss).
 */
int microtl_head_init(struct microtl_head *head, const struct microtl_head_spec *spec);

/**
 * @brief Scores of one feature vector, before softmax or sigmoid.
 *
 * @param head     The head.
 * @param features [width[0]] int8 features as the engine left them.
 * @param scores   [class rows] out: the score of each class, MICROTL_SCORE_NONE for those that take
 *                 no part.
 * @param scratch  [microtl_head_scratch_count()].
 */
void microtl_head_scores(const struct microtl_head *head, const int8_t *features,
			 microtl_real_t *scores, microtl_real_t *scratch);

/**
 * @brief Turns scores into probabilities, in place.
 *
 * Softmax over the classes that take part, or a sigmoid of each; with MICROTL_LOSS_MSE scores stay
 * as they are. Classes that take no part get 0.
 */
void microtl_head_activate(const struct microtl_head *head, microtl_real_t *scores);

/**
 * @brief The class with the highest score; among equals the lowest label.
 *
 * @param scores Scores or probabilities.
 *
 * @return The label, or MICROTL_LABEL_NONE where no class takes part (as with MICROTL_LOSS_MSE).
 */
uint8_t microtl_head_best(const struct microtl_head *head, const microtl_real_t *scores);

/** @return Inputs of the last layer: features, or the width of the last hidden layer. */
uint16_t microtl_head_input_count(const struct microtl_head_spec *spec);

/**
 * @brief Gives a class its first weights ("imprinting"): clears its row, which becomes the sum.
 *
 * Then microtl_head_imprint_add() for each of its samples, then microtl_head_imprint_end(). The row
 * ends as the mean input of the last layer over those samples, scaled to the mean norm of the other
 * classes' rows, and its bias as the mean of their biases; without other classes as the mean itself
 * and 0. (Qi, Brown, Lowe: "Low-Shot Learning with Imprinted Weights", CVPR 2018.)
 *
 * @param params [microtl_head_param_count()] in RAM; only the row and bias of @a label change.
 * @param label  Row to set, below microtl_head_class_rows(), not part of the classes yet.
 */
void microtl_head_imprint_begin(const struct microtl_head_spec *spec, microtl_param_t *params,
				uint8_t label);

/**
 * @brief Adds one sample of the class.
 *
 * @param features [width[0]]
 * @param scratch  [microtl_head_scratch_count()].
 */
void microtl_head_imprint_add(const struct microtl_head_spec *spec, microtl_param_t *params,
			      uint8_t label, const int8_t *features, microtl_real_t *scratch);

/**
 * @brief Scales the row and makes the class take part.
 *
 * @param classes Classes that take part already; @a label is added.
 * @param count   Samples added, at least 1.
 */
void microtl_head_imprint_end(const struct microtl_head_spec *spec, microtl_param_t *params,
			      struct microtl_class_set *classes, uint8_t label, uint16_t count);

#ifdef __cplusplus
}
#endif

#endif /* MICROTL_HEAD_H_ */
