/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief MICROTL_LEARNER_DEFINE(): a learner and all of its memory.
 */

#ifndef MICROTL_LEARNER_DEFINE_H_
#define MICROTL_LEARNER_DEFINE_H_

#include <zephyr/sys/iterable_sections.h>
#include <zephyr/sys/util.h>

#include <microtl/learner.h>

/* Memory that only some configurations have. A build without training has no fit memory. */
#define MICROTL_PRIV_KIND                                                                          \
	(IS_ENABLED(CONFIG_MICROTL_TRAINER_OPTIMIZER_ADAM)       ? MICROTL_OPTIMIZER_ADAM          \
	 : IS_ENABLED(CONFIG_MICROTL_TRAINER_OPTIMIZER_MOMENTUM) ? MICROTL_OPTIMIZER_MOMENTUM      \
								 : MICROTL_OPTIMIZER_SGD)
#define MICROTL_PRIV_WORKSPACE_SIZE(_MODEL)                                                        \
	MICROTL_FIT_WORKSPACE_SIZE(_MODEL##_HIDDEN_SIZE, _MODEL##_CLASS_CAPACITY,                  \
				   CONFIG_MICROTL_REPLAY_SAMPLE_COUNT + _MODEL##_BASE_COUNT)
#define MICROTL_PRIV_FIT_DEFINE(_name, _MODEL)                                                     \
	BUILD_ASSERT(CONFIG_MICROTL_REPLAY_SAMPLE_COUNT + _MODEL##_BASE_COUNT <= UINT16_MAX,       \
		     "with the base set over 65535: lower CONFIG_MICROTL_REPLAY_SAMPLE_COUNT");    \
	static int8_t _name##_replay_features[MICROTL_REPLAY_FEATURES_SIZE(                        \
		CONFIG_MICROTL_REPLAY_SAMPLE_COUNT, _MODEL##_FEATURE_SIZE)];                       \
	static struct microtl_replay_entry                                                         \
		_name##_replay_entries[CONFIG_MICROTL_REPLAY_SAMPLE_COUNT];                        \
	static microtl_param_t _name##_shadow[_MODEL##_PARAM_COUNT];                               \
	static uint32_t _name##_workspace[MICROTL_PRIV_WORKSPACE_SIZE(_MODEL) / 4];                \
	IF_DISABLED(CONFIG_MICROTL_TRAINER_OPTIMIZER_SGD,                                          \
		    (static microtl_param_t _name##_state[MICROTL_OPTIMIZER_STATE_COUNT(           \
			    MICROTL_PRIV_KIND, _MODEL##_PARAM_COUNT)];))                           \
	IF_ENABLED(CONFIG_MICROTL_TRAINER_GRADIENT,                                                \
		   (static microtl_param_t _name##_gradient[_MODEL##_PARAM_COUNT];))               \
	IF_ENABLED(CONFIG_MICROTL_TRAINER_BEST_WEIGHTS,                                            \
		   (static microtl_param_t _name##_best[_MODEL##_PARAM_COUNT];))
#define MICROTL_PRIV_FIT_MEMORY(_name)                                                             \
	{.shadow = _name##_shadow,                                                                 \
	 IF_DISABLED(CONFIG_MICROTL_TRAINER_OPTIMIZER_SGD, (.state = _name##_state, ))             \
		 IF_ENABLED(CONFIG_MICROTL_TRAINER_GRADIENT, (.gradient = _name##_gradient, ))     \
			 IF_ENABLED(CONFIG_MICROTL_TRAINER_BEST_WEIGHTS, (.best = _name##_best, )) \
				 .workspace = _name##_workspace,                                   \
	 .workspace_size = sizeof(_name##_workspace)}
#define MICROTL_PRIV_REPLAY_MEMORY(_name)                                                          \
	.replay_features = _name##_replay_features, .replay_entries = _name##_replay_entries,      \
	.replay_capacity = CONFIG_MICROTL_REPLAY_SAMPLE_COUNT,

#define MICROTL_PRIV_NCM_DEFINE(_name, _MODEL)                                                     \
	static microtl_param_t _name##_ncm_means[MICROTL_NCM_MEAN_COUNT(_MODEL##_FEATURE_SIZE,     \
									_MODEL##_CLASS_CAPACITY)]; \
	static uint16_t _name##_ncm_counts[_MODEL##_CLASS_CAPACITY];

/* Members in the order of their struct, as C++ asks. */
#define MICROTL_PRIV_LEARNING_MEMORY(_name)                                                        \
	{IF_ENABLED(CONFIG_MICROTL_TRAINER, (.fit = MICROTL_PRIV_FIT_MEMORY(_name), ))             \
		 IF_ENABLED(CONFIG_MICROTL_HEAD_ACTIVE_IN_RAM, (.active = _name##_active, ))       \
			 IF_ENABLED(CONFIG_MICROTL_TRAINER, (MICROTL_PRIV_REPLAY_MEMORY(_name)))   \
				 .names = _name##_names,                                           \
	 .scratch = _name##_scratch,                                                               \
	 IF_ENABLED(CONFIG_MICROTL_HEAD_NCM,                                                       \
		    (.ncm_means = _name##_ncm_means, .ncm_counts = _name##_ncm_counts, ))}

/* A record of the replay log, rounded up to the largest write block. */
#define MICROTL_PRIV_RECORD_SIZE(_MODEL)                                                           \
	ROUND_UP(MICROTL_REPLAY_LOG_RECORD_SIZE(_MODEL##_FEATURE_SIZE),                            \
		 MICROTL_FLASH_WRITE_BLOCK_MAX)

/**
 * @brief Define a learner, with all of its memory, and set it up at boot.
 *
 * At file scope of a C or C++ file. Another file says "extern struct microtl_learner <_name>;".
 *
 * @param _name  Name of the struct microtl_learner, and its name in the shell.
 * @param _prefix Name that the model was converted under; <name>.h is included before.
 * @param _MODEL The same in capitals, the start of the header's macros.
 *
 * RAM: the converter's report lists it row by row.
 */
#define MICROTL_LEARNER_DEFINE(_name, _prefix, _MODEL)                                             \
	BUILD_ASSERT(IS_ENABLED(CONFIG_MICROTL_HEAD_HIDDEN) || _MODEL##_HIDDEN_SIZE == 0,          \
		     "the model's head has hidden layers: set CONFIG_MICROTL_HEAD_HIDDEN=y");      \
	static int8_t _name##_arena[_MODEL##_ARENA_SIZE] __aligned(MICROTL_ARENA_ALIGN);           \
	static int8_t                                                                              \
		_name##_features[CONFIG_MICROTL_LEARNER_TOKEN_COUNT * _MODEL##_FEATURE_SIZE];      \
	static microtl_real_t _name##_scores[_MODEL##_CLASS_CAPACITY];                             \
	static microtl_real_t _name##_scratch[MICROTL_HEAD_SCRATCH_COUNT(_MODEL##_HIDDEN_SIZE)];   \
	static struct microtl_class_name _name##_names[_MODEL##_CLASS_CAPACITY];                   \
	IF_ENABLED(CONFIG_MICROTL_TRAINER, (MICROTL_PRIV_FIT_DEFINE(_name, _MODEL)))               \
	IF_ENABLED(CONFIG_MICROTL_HEAD_ACTIVE_IN_RAM,                                              \
		   (static microtl_param_t _name##_active[_MODEL##_PARAM_COUNT];))                 \
	IF_ENABLED(CONFIG_MICROTL_HEAD_NCM, (MICROTL_PRIV_NCM_DEFINE(_name, _MODEL)))              \
	IF_ENABLED(CONFIG_MICROTL_STORE_REPLAY,                                                    \
		   (static uint8_t _name##_record[MICROTL_PRIV_RECORD_SIZE(_MODEL)];))             \
	struct microtl_learner _name;                                                              \
	const STRUCT_SECTION_ITERABLE(microtl_learner_config, _name##_config) = {                  \
		.learner = &_name,                                                                 \
		.name = STRINGIFY(_name), .model = &_prefix##_model,                               \
				  .memory = MICROTL_PRIV_LEARNING_MEMORY(_name),                   \
				  .arena = _name##_arena, .arena_size = sizeof(_name##_arena),     \
				  .features = _name##_features, .scores = _name##_scores,          \
				  IF_ENABLED(CONFIG_MICROTL_STORE_REPLAY,                          \
					     (.record = _name##_record,                            \
					      .record_size = sizeof(_name##_record)))}

#endif /* MICROTL_LEARNER_DEFINE_H_ */
