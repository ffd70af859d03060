/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* A small learner with all its memory, for tests: 6 features, 3 factory classes, 6 rows. */

#ifndef MICROTL_TESTS_CORE_TOY_H_
#define MICROTL_TESTS_CORE_TOY_H_

#include <microtl/learning.h>

#define TOY_FEATURES 6
#define TOY_ROWS     6
#define TOY_CLASSES  3
#define TOY_CAPACITY 48
#define TOY_BASE     24
#define TOY_GATE     9
#define TOY_PARAMS   MICROTL_HEAD_PARAM_COUNT_1(TOY_FEATURES, TOY_ROWS)

extern const struct microtl_head_spec toy_spec;
/* With and without the base set. */
extern const struct microtl_model toy_model;
extern const struct microtl_model toy_model_with_base;

struct toy {
	struct microtl_learning learning;
	struct microtl_fit_config config;
	microtl_param_t shadow[TOY_PARAMS];
	microtl_param_t state[2 * TOY_PARAMS];
	microtl_param_t gradient[TOY_PARAMS];
	microtl_param_t best[TOY_PARAMS];
	microtl_param_t active[TOY_PARAMS];
	uint32_t workspace[MICROTL_FIT_WORKSPACE_SIZE(0, TOY_ROWS, TOY_CAPACITY + TOY_BASE) / 4];
	int8_t replay_features[TOY_CAPACITY * TOY_FEATURES];
	struct microtl_replay_entry replay_entries[TOY_CAPACITY];
	struct microtl_class_name names[TOY_ROWS];
	microtl_real_t scratch[MICROTL_HEAD_SCRATCH_COUNT(0)];
	microtl_param_t ncm_means[TOY_FEATURES * TOY_ROWS];
	uint16_t ncm_counts[TOY_ROWS];
};

/* A learner as it left the factory, replay memory of so many samples. */
void toy_init(struct toy *toy, const struct microtl_model *model, uint16_t capacity);

/* A sample of a class: its direction, with noise and an offset that belongs to the recording. */
void toy_sample(int8_t *features, uint8_t label, uint16_t recording);

/* Labels so many samples of a class in one recording; every one must be taken. */
void toy_label(struct toy *toy, uint8_t label, uint16_t recording, int count);

/* Trains to the end; the job's error, 0 where it has a verdict. */
int toy_train(struct toy *toy, uint64_t seed, struct microtl_gate_result *result);

/* Share of fresh samples of a class that the active head gets right. */
float toy_accuracy(struct toy *toy, uint8_t label);

/* CRC32 of what the learner knows: names, classes, parameters in use. */
uint32_t toy_head_digest(const struct toy *toy);

/* CRC32 of names and replay memory, whatever the places of its entries. */
uint32_t toy_replay_digest(const struct toy *toy);

/* Prints CRCs of a whole job: imprinting, folds, draws, gate, nearest means. */
void toy_print_job(void);

#endif /* MICROTL_TESTS_CORE_TOY_H_ */
