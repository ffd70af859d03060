/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/**
 * @file
 * @brief A learner: one model that infers while it goes on learning in the background.
 *
 * Infer from any thread; label what was just inferred by the token that inference returned; ask for
 * a training (trainer.h), which the trainer thread does at the lowest priority on a shadow head;
 * what the gate accepts goes live between two inferences; keep it over a reboot (store.h).
 *
 * Three mutexes with priority inheritance guard a learner. The arena's is held for a whole
 * inference, so inferences wait for each other, with the caller's timeout. The head's is held for a
 * forward pass of the head, a label, a publish or to count, never for a training step and never
 * while flash is written. The store's is held by what changes flash, classes or replay memory, and
 * while a training starts, which sorts that memory; inferences never wait for it. Locking order:
 * arena or store, then head.
 *
 * Every function here is for threads only, not for ISRs, and may be called from several threads
 * unless it says otherwise. Samples enter from ISRs through a window (window.h).
 */

#ifndef MICROTL_LEARNER_H_
#define MICROTL_LEARNER_H_

#include <zephyr/kernel.h>

#include <microtl/engine.h>
#include <microtl/learning.h>
#include <microtl/slots.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Names one inference, so that its features can be labelled afterwards. Never 0. */
typedef uint32_t microtl_token_t;

/** Last and longest duration, microseconds. */
struct microtl_latency {
	uint32_t last_us;
	uint32_t max_us;
};

/** Counters since boot. */
struct microtl_learner_stats {
	struct microtl_latency preprocess;
	/** The network and the head. */
	struct microtl_latency inference;
	/** One step of a training. */
	struct microtl_latency step;
	uint32_t inferences;
	uint32_t labels;
	/** Labels refused: stale token, no room, no such class. */
	uint32_t labels_refused;
	uint32_t trainings;
	uint32_t accepted;
	uint32_t rejected;
	uint32_t undecided;
	uint32_t failed;
	/** Saves of the head, and records of the replay memory, written to flash. */
	uint32_t flash_writes;
};

/** Result of one inference. */
struct microtl_inference {
	microtl_token_t token;
	/** Best class, MICROTL_LABEL_NONE where none takes part. */
	uint8_t label;
	/** Its score. */
	microtl_real_t score;
};

struct microtl_learner;

/**
 * @brief Pre-processing: makes the model's input of a raw window.
 *
 * Runs under the arena's mutex in the thread that infers. Part of what a stored head fits:
 * convert the model with its name (--preprocess).
 *
 * @param raw     What the application passed to microtl_learner_infer_raw().
 * @param input   [model->input.size] out.
 * @param scratch What microtl_learner_preprocess_set() was given.
 *
 * @return 0 or a negative errno that the inference returns.
 */
typedef int (*microtl_preprocess)(const void *raw, int8_t *input, void *scratch, void *user_data);

/** What a learner's trainer does at the moment. */
enum microtl_train_state {
	MICROTL_TRAIN_IDLE,
	/** Waits for the trainer thread, which trains another learner. */
	MICROTL_TRAIN_QUEUED,
	MICROTL_TRAIN_RUNNING,
	MICROTL_TRAIN_PAUSED,
};

/** Where a learner's training stands; see trainer.h. */
struct microtl_train_status {
	enum microtl_train_state state;
	/** Of the training that runs, else of the last one. */
	struct microtl_fit_progress progress;
	/**
	 * 0, or why the last training changed nothing: -ERANGE, -ECANCELED, -ETIMEDOUT; where heads
	 * run in place in flash, also why the accepted one could not be saved, as
	 * microtl_store_commit().
	 */
	int error;
	/** The gate's verdict on the last training that reached one. */
	struct microtl_gate_result result;
	/** Samples in the replay memory, and those labelled since the last training started. */
	uint16_t replay_count;
	uint16_t new_labels;
	/** Of the training that runs or ran last: wall time without pauses, the trainer's own. */
	uint32_t elapsed_ms;
	uint32_t cpu_ms;
	/** CPU cycles times CONFIG_MICROTL_TRAINER_ENERGY_PJ_PER_CYCLE; 0 where that is 0. */
	uint32_t energy_uj;
	/** The active head is not the stored one. */
	bool unsaved;
};

/** What a training tells the application, from the trainer thread. */
enum microtl_train_event {
	/** An epoch is over. */
	MICROTL_EVENT_PROGRESS,
	/** The new head is live. */
	MICROTL_EVENT_ACCEPTED,
	/** The gate refused the new head, the old one stays. */
	MICROTL_EVENT_REJECTED,
	/** Too little evidence, the old head stays. */
	MICROTL_EVENT_UNDECIDED,
	/** The training failed or was cancelled: microtl_train_status::error. */
	MICROTL_EVENT_FAILED,
};

/** Told about a training; runs in the trainer thread, outside the learner's locks. */
typedef void (*microtl_train_callback)(struct microtl_learner *learner,
				       enum microtl_train_event event, void *user_data);

struct flash_area;

/** A learner's part of a partition. */
struct microtl_store_area {
	const struct flash_area *partition;
	/** Bytes from the start of the partition. */
	uint32_t base;
	uint32_t page_size;
};

/** What a learner is made of; constant, written by MICROTL_LEARNER_DEFINE(). */
struct microtl_learner_config {
	struct microtl_learner *learner;
	const char *name;
	const struct microtl_model *model;
	struct microtl_learning_memory memory;
	void *arena;
	size_t arena_size;
	/** [CONFIG_MICROTL_LEARNER_TOKEN_COUNT][features] of the last inferences. */
	int8_t *features;
	/** [class rows] */
	microtl_real_t *scores;
	/** Room for a record of the replay log, NULL without CONFIG_MICROTL_STORE_REPLAY. */
	uint8_t *record;
	size_t record_size;
};

/** A learner. Private: use the functions. Often used members first, as in struct microtl_fit. */
struct microtl_learner {
	/** First, for the trainer's queue. */
	void *queue_reserved;
	const struct microtl_learner_config *config;
	bool cancel;
	bool pause;
	/** Heads that are saved by themselves may take the place of another model's. */
	bool overwrite;
	/** The trainer thread's: an accepted head waits for CONFIG_MICROTL_STORE_INTERVAL_S. */
	bool save_due;
	struct microtl_train_status train;
	/** 0, or why the learner could not be set up at boot. */
	int error;
	struct microtl_learner_stats stats;
	/** The last inference; its token is 0 before the first. */
	struct microtl_inference last;
	struct microtl_engine engine;
	microtl_preprocess preprocess;
	void *preprocess_scratch;
	void *preprocess_data;
	/** Moving average of the best class's score. */
	microtl_real_t confidence;
	uint64_t seed;
	microtl_train_callback callback;
	void *callback_data;
	struct microtl_learning learning;
	/** Guards arena, engine and pre-processing. */
	struct k_mutex arena_mutex;
	/** Guards what answers, status and counters. The job is the trainer thread's. */
	struct k_mutex head_mutex;
	/** Serialises what changes classes, replay memory or flash; guards the store's members. */
	struct k_mutex store_mutex;
	/** Signalled when a training is to go on or to end, and when it has ended. */
	struct k_condvar changed;
#ifdef CONFIG_MICROTL_STORE
	/** 0, or why there is no store. */
	int store_error;
	int64_t saved_ms;
	struct microtl_store_area slots_area;
	struct microtl_flash slots_flash;
	struct microtl_slots slots;
#endif
#ifdef CONFIG_MICROTL_STORE_REPLAY
	struct microtl_store_area log_area;
	struct microtl_flash log_flash;
	struct microtl_replay_log log;
	/** 0, or why labels do not outlive a reboot. */
	int log_error;
#endif
};

/**
 * @brief Infer from a quantised input.
 *
 * @param input   [model->input.size], quantised as model->input says; copied.
 * @param scores  [class rows] out, may be NULL: probabilities.
 * @param result  Out: token, best class and its score.
 * @param timeout How long to wait for another inference.
 *
 * @retval 0       Done.
 * @retval -EAGAIN The timeout passed; -EBUSY with K_NO_WAIT.
 * @retval <0      The learner was not set up: microtl_learner_ready().
 */
int microtl_learner_infer(struct microtl_learner *learner, const int8_t *input,
			  microtl_real_t *scores, struct microtl_inference *result,
			  k_timeout_t timeout);

/**
 * @brief Infer from a raw window through the pre-processing.
 *
 * Parameters and results as microtl_learner_infer(), and
 *
 * @retval -ENOTSUP No pre-processing was set.
 * @retval <0       What the pre-processing returned.
 */
int microtl_learner_infer_raw(struct microtl_learner *learner, const void *raw,
			      microtl_real_t *scores, struct microtl_inference *result,
			      k_timeout_t timeout);

/**
 * @brief Set the pre-processing.
 *
 * @param scratch Its working memory, may be NULL; lives as long as the learner.
 */
void microtl_learner_preprocess_set(struct microtl_learner *learner, microtl_preprocess preprocess,
				    void *scratch, void *user_data);

/** @return 0, or why the learner could not be set up at boot: it answers nothing then. */
int microtl_learner_ready(const struct microtl_learner *learner);

/**
 * @brief Label an inference.
 *
 * Its features go into the replay memory: no second run of the network.
 *
 * @param token     From microtl_inference; only the last CONFIG_MICROTL_LEARNER_TOKEN_COUNT count.
 * @param label     The class.
 * @param recording The label session: samples that overlap in time, or were taken in one go, have
 *                  the same number, so that the gate never judges on what it trained on.
 *
 * @retval 0        Stored.
 * @retval -ENODATA The token is not among the last ones: its features are gone.
 * @retval -ENOENT  No such class: add it first.
 * @retval -EBUSY   The replay memory is full and a training uses it: label again afterwards.
 * @retval -ENOMEM  There is neither replay memory nor nearest class mean.
 * @retval -EEXIST  Stored in RAM; flash is full and holds another model's labels: see
 *                  microtl_store_commit().
 * @retval <0       Stored in RAM, but not in flash: as microtl_replay_log_append().
 */
int microtl_learner_label(struct microtl_learner *learner, microtl_token_t token, uint8_t label,
			  uint16_t recording);

/**
 * @brief Add a class. It is answered once a training that knows it was accepted.
 *
 * @param label Out: the class.
 *
 * @retval 0       Done.
 * @retval -EINVAL The name is empty or longer than MICROTL_CLASS_NAME_MAX.
 * @retval -EEXIST The name is taken; @a label is its class.
 * @retval -ENOMEM No free row: convert the model with more --classes, or remove one.
 * @retval <0      Added in RAM, but not in flash: as microtl_replay_log_append().
 */
int microtl_learner_class_add(struct microtl_learner *learner, const char *name, uint8_t *label);

/**
 * @brief Remove a class: name, samples, and its place in the head.
 *
 * @retval 0       Done.
 * @retval -ENOENT No such class.
 * @retval -EBUSY  A training runs: cancel it first.
 * @retval <0      Removed in RAM, but not in flash: as microtl_replay_log_append().
 */
int microtl_learner_class_remove(struct microtl_learner *learner, uint8_t label);

/** @brief Find a class by its name: 0 and @a label, or -ENOENT. */
int microtl_learner_class_find(struct microtl_learner *learner, const char *name, uint8_t *label);

/**
 * @brief The last inference, whoever asked for it.
 *
 * @retval 0       Done.
 * @retval -ENOENT There was none since boot.
 */
int microtl_learner_last_get(struct microtl_learner *learner, struct microtl_inference *result);

/**
 * @brief How many samples of a class in the replay memory the active head gets right.
 *
 * The mutexes are held for one sample at a time.
 *
 * @param held_out Those held out for the gate, else those to train on.
 * @param right    Out.
 * @param count    Out.
 */
void microtl_learner_recall(struct microtl_learner *learner, uint8_t label, bool held_out,
			    uint16_t *right, uint16_t *count);

/** What is known of a class. */
struct microtl_class_info {
	struct microtl_class_name name;
	/** The active head answers with it. */
	bool active;
	/** Samples in the replay memory to train on, and held out for the gate. */
	uint16_t trained_on;
	uint16_t held_out;
};

/**
 * @brief Get what is known of a class.
 *
 * @retval 0       Done.
 * @retval -ENOENT No such class.
 */
int microtl_learner_class_get(struct microtl_learner *learner, uint8_t label,
			      struct microtl_class_info *info);

/**
 * @brief Go back to the factory head, in RAM and in the store; labels and taught names stay.
 *
 * A class that was taught in the row of a removed factory class goes, with its labels.
 *
 * @retval 0       Done.
 * @retval -EBUSY  A training runs: cancel it first.
 * @retval -EEXIST Done in RAM; in flash not, where labels of another model lie: see
 *                 microtl_store_commit().
 * @retval <0      Done in RAM; in flash not: what the flash driver returned.
 */
int microtl_learner_reset(struct microtl_learner *learner);

/**
 * @brief Forget all labels, in RAM and in the log, and read back that they are gone.
 *
 * The head stays, and so do the classes that it answers with.
 *
 * @retval 0      Done and verified.
 * @retval -EBUSY A training runs: cancel it first.
 * @retval -EIO   Something is left.
 * @retval -ENODEV Done in RAM; the log could not be opened at boot, labels may be left there:
 *                 microtl_store_info::log_error.
 * @retval <0     Done in RAM; in flash not: what the flash driver returned.
 */
int microtl_learner_forget(struct microtl_learner *learner);

/** @brief Counters since boot. */
void microtl_learner_stats_get(struct microtl_learner *learner,
			       struct microtl_learner_stats *stats);

#ifdef __cplusplus
}
#endif

#include <microtl/learner_define.h>

#endif /* MICROTL_LEARNER_H_ */
