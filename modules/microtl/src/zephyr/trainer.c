/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include <microtl/store.h>
#include <microtl/trainer.h>

#include <errno.h>

#include <zephyr/logging/log.h>

#include "learner_priv.h"
#include "meter.h"

LOG_MODULE_DECLARE(microtl, CONFIG_MICROTL_LOG_LEVEL);

BUILD_ASSERT(CONFIG_MICROTL_TRAINER_PRIORITY < CONFIG_NUM_PREEMPT_PRIORITIES,
	     "CONFIG_MICROTL_TRAINER_PRIORITY: no such preemptible priority");

/* Else registers of a training are lost to an inference that comes in between. */
BUILD_ASSERT(!IS_ENABLED(CONFIG_MICROTL_ARITHMETIC_FLOAT) || !IS_ENABLED(CONFIG_FPU) ||
		     IS_ENABLED(CONFIG_FPU_SHARING),
	     "several threads compute in float: set CONFIG_FPU_SHARING=y");

/* A name that a prediction of RAM finds. */
static K_QUEUE_DEFINE(microtl_train_queue);

/* Has the thread anything of this learner; head mutex held. */
static bool is_active(const struct microtl_learner *learner)
{
	return learner->train.state != MICROTL_TRAIN_IDLE;
}

static int enqueue(struct microtl_learner *learner, uint64_t seed)
{
	if (is_active(learner)) {
		return -EALREADY;
	}
	if (learner->learning.replay.count == 0) {
		return -ENODATA;
	}
	learner->seed = seed;
	learner->cancel = false;
	learner->pause = false;
	learner->train.state = MICROTL_TRAIN_QUEUED;
	learner->train.error = 0;
	k_queue_append(&microtl_train_queue, learner);
	return 0;
}

int microtl_train_start(struct microtl_learner *learner, uint64_t seed)
{
	int ret = microtl_learner_ready(learner);

	if (ret != 0) {
		return ret;
	}
	microtl_priv_head_lock(learner);
	ret = enqueue(learner, seed);
	microtl_priv_head_unlock(learner);
	return ret;
}

/* A training that nobody asked for; its seed counts the trainings, so that it can be played again.
 */
static void start_by_policy(struct microtl_learner *learner, const char *why)
{
	if (enqueue(learner, learner->stats.trainings + 1U) == 0) {
		LOG_INF("%s: training, %s", learner->config->name, why);
	}
}

void microtl_priv_train_init(struct microtl_learner *learner)
{
	learner->confidence = MICROTL_REAL(1.0);
}

void microtl_priv_train_on_label(struct microtl_learner *learner)
{
	if (learner->train.new_labels < UINT16_MAX) {
		learner->train.new_labels++;
	}
	if (CONFIG_MICROTL_TRAINER_LABEL_COUNT > 0 &&
	    learner->train.new_labels >= CONFIG_MICROTL_TRAINER_LABEL_COUNT) {
		start_by_policy(learner, "enough new labels");
	}
}

void microtl_priv_train_on_score(struct microtl_learner *learner, microtl_real_t score)
{
	if (CONFIG_MICROTL_TRAINER_CONFIDENCE_PERCENT == 0) {
		return;
	}
	learner->confidence += (score - learner->confidence) / 16;
	if (learner->confidence < MICROTL_REAL(CONFIG_MICROTL_TRAINER_CONFIDENCE_PERCENT / 100.0) &&
	    learner->train.new_labels > 0) {
		learner->confidence = MICROTL_REAL(1.0);
		start_by_policy(learner, "confidence is low");
	}
}

static void tell(struct microtl_learner *learner, enum microtl_train_event event)
{
	microtl_priv_head_lock(learner);

	microtl_train_callback callback = learner->callback;
	void *user_data = learner->callback_data;

	microtl_priv_head_unlock(learner);
	if (callback != NULL) {
		callback(learner, event, user_data);
	}
}

/*
 * Freezes the set of samples, which takes long enough to leave the head to inferences meanwhile:
 * what labels and what changes classes waits for the store's mutex.
 */
static int begin(struct microtl_learner *learner)
{
	microtl_priv_store_lock(learner);

	int ret = microtl_learning_train_start(&learner->learning, learner->seed);

	if (ret == 0) {
		microtl_priv_head_lock(learner);
		learner->train.state = MICROTL_TRAIN_RUNNING;
		learner->train.new_labels = 0;
		learner->stats.trainings++;
		microtl_priv_head_unlock(learner);
	}
	microtl_priv_store_unlock(learner);
	return ret;
}

/* After a step of so many cycles: notes how far it is, waits while paused. 0, or why to stop. */
static int turn(struct microtl_learner *learner, struct microtl_meter *meter, uint32_t cycles)
{
	struct microtl_train_status *status = &learner->train;

	microtl_priv_head_lock(learner);
	microtl_priv_latency_note(&learner->stats.step, cycles);
	microtl_fit_progress(&learner->learning.fit, &status->progress);
	microtl_priv_meter_read(meter, status);
	if (learner->pause && !learner->cancel) {
		status->state = MICROTL_TRAIN_PAUSED;
		microtl_priv_meter_stop(meter);
		while (learner->pause && !learner->cancel) {
			(void)k_condvar_wait(&learner->changed, &learner->head_mutex, K_FOREVER);
		}
		microtl_priv_meter_go_on(meter);
		status->state = MICROTL_TRAIN_RUNNING;
	}
	bool canceled = learner->cancel;
	microtl_priv_head_unlock(learner);
	return canceled ? -ECANCELED : microtl_priv_meter_check(status);
}

/* All steps of the job. 0: there is a verdict. */
static int work(struct microtl_learner *learner)
{
	const struct microtl_fit_progress *progress = &learner->train.progress;
	struct microtl_meter meter;
	uint16_t epoch = 0;
	int ret = 0;

	microtl_priv_meter_start(&meter);
	while (ret == 0 && microtl_fit_running(&learner->learning.fit)) {
		uint32_t start = k_cycle_get_32();

		ret = microtl_learning_train_step(&learner->learning);
		if (ret != 0) {
			break;
		}
		ret = turn(learner, &meter, k_cycle_get_32() - start);
		if (ret == 0 && progress->epoch != epoch) {
			epoch = progress->epoch;
			tell(learner, MICROTL_EVENT_PROGRESS);
		}
		microtl_priv_meter_yield(&meter);
	}
	return ret;
}

#ifdef CONFIG_MICROTL_STORE_AUTOSAVE
/* Saves the accepted head. Returns in how many milliseconds to try again, or INT64_MAX. */
static int64_t save_by_itself(struct microtl_learner *learner)
{
	int64_t wait_ms = INT64_MAX;

	microtl_priv_store_lock(learner);

	int ret = microtl_store_commit(learner, learner->overwrite);

	learner->save_due = ret == -EAGAIN;
	if (ret == -EAGAIN) {
		wait_ms = MAX(microtl_priv_store_wait_ms(learner), 1);
	} else if (ret != 0) {
		LOG_WRN("%s: the head is not saved by itself (%d), see microtl_store_commit()",
			learner->config->name, ret);
	}
	microtl_priv_store_unlock(learner);
	return wait_ms;
}

/* Accepted heads whose time has come. Returns how long the next one has to wait. */
static k_timeout_t save_due(void)
{
	int64_t wait_ms = INT64_MAX;

	STRUCT_SECTION_FOREACH(microtl_learner_config, config) {
		if (config->learner->save_due) {
			wait_ms = MIN(wait_ms, save_by_itself(config->learner));
		}
	}
	return wait_ms == INT64_MAX ? K_FOREVER : K_MSEC(wait_ms);
}
#else
static k_timeout_t save_due(void)
{
	return K_FOREVER;
}
#endif

/* The accepted head goes live: from RAM, or once it is in flash. */
static int publish(struct microtl_learner *learner)
{
	const microtl_param_t *stored = NULL;
	int ret = 0;

	microtl_priv_store_lock(learner);
#ifndef CONFIG_MICROTL_HEAD_ACTIVE_IN_RAM
	int slot;

	ret = microtl_priv_store_save(learner, true, learner->overwrite, &slot);
	if (ret == 0) {
		stored = microtl_priv_store_params(learner, slot);
	}
#endif
	if (ret == 0) {
		microtl_priv_head_lock(learner);
		ret = microtl_learning_publish(&learner->learning, stored);
		learner->train.unsaved = stored == NULL;
		microtl_priv_head_unlock(learner);
	}
#ifdef CONFIG_MICROTL_STORE_AUTOSAVE
	if (ret == 0 && stored == NULL) {
		(void)save_by_itself(learner);
	}
#endif
	microtl_priv_store_unlock(learner);
	return ret;
}

/* There is a verdict: what becomes of it. */
static enum microtl_train_event conclude(struct microtl_learner *learner, int *ret)
{
	const struct microtl_gate_result *result = &learner->learning.fit.result;

	LOG_INF("%s: %s", learner->config->name, microtl_gate_reason_text(result->reason));
	switch (result->verdict) {
	case MICROTL_VERDICT_ACCEPTED:
		*ret = publish(learner);
		return *ret == 0 ? MICROTL_EVENT_ACCEPTED : MICROTL_EVENT_FAILED;
	case MICROTL_VERDICT_REJECTED:
		return MICROTL_EVENT_REJECTED;
	default:
		return MICROTL_EVENT_UNDECIDED;
	}
}

static void count(struct microtl_learner_stats *stats, enum microtl_train_event event)
{
	switch (event) {
	case MICROTL_EVENT_ACCEPTED:
		stats->accepted++;
		break;
	case MICROTL_EVENT_REJECTED:
		stats->rejected++;
		break;
	case MICROTL_EVENT_UNDECIDED:
		stats->undecided++;
		break;
	default:
		stats->failed++;
		break;
	}
}

static void train(struct microtl_learner *learner)
{
	enum microtl_train_event event = MICROTL_EVENT_FAILED;
	int ret = begin(learner);

	if (ret == 0) {
		ret = work(learner);
	}
	if (ret == 0) {
		event = conclude(learner, &ret);
	}
	microtl_priv_lock(learner);
	microtl_fit_cancel(&learner->learning.fit);
	if (event != MICROTL_EVENT_FAILED) {
		learner->train.result = learner->learning.fit.result;
	}
	learner->train.error = ret;
	count(&learner->stats, event);
	learner->train.state = MICROTL_TRAIN_IDLE;
	(void)k_condvar_broadcast(&learner->changed);
	microtl_priv_unlock(learner);
	if (ret != 0 && ret != -ECANCELED) {
		LOG_WRN("Could not train %s (%d)", learner->config->name, ret);
	}
	tell(learner, event);
}

static void run(void *a, void *b, void *c)
{
	ARG_UNUSED(a);
	ARG_UNUSED(b);
	ARG_UNUSED(c);

	for (;;) {
		struct microtl_learner *learner = k_queue_get(&microtl_train_queue, save_due());

		if (learner != NULL) {
			train(learner);
		}
	}
}

K_THREAD_DEFINE(microtl_trainer, CONFIG_MICROTL_TRAINER_STACK_SIZE, run, NULL, NULL, NULL,
		K_PRIO_PREEMPT(CONFIG_MICROTL_TRAINER_PRIORITY),
		IS_ENABLED(CONFIG_FPU_SHARING) ? K_FP_REGS : 0, 0);

int microtl_train_pause(struct microtl_learner *learner)
{
	int ret = -ENOENT;

	microtl_priv_head_lock(learner);
	if (is_active(learner)) {
		learner->pause = true;
		ret = 0;
	}
	microtl_priv_head_unlock(learner);
	return ret;
}

int microtl_train_resume(struct microtl_learner *learner)
{
	int ret = -ENOENT;

	microtl_priv_head_lock(learner);
	if (is_active(learner) && learner->pause) {
		learner->pause = false;
		(void)k_condvar_broadcast(&learner->changed);
		ret = 0;
	}
	microtl_priv_head_unlock(learner);
	return ret;
}

/* Until the training has ended; head mutex held. */
static int wait_idle(struct microtl_learner *learner, k_timeout_t timeout)
{
	k_timepoint_t end = sys_timepoint_calc(timeout);
	int ret = 0;

	while (is_active(learner) && ret == 0) {
		ret = k_condvar_wait(&learner->changed, &learner->head_mutex,
				     sys_timepoint_timeout(end));
	}
	return is_active(learner) ? -EAGAIN : 0;
}

int microtl_train_cancel(struct microtl_learner *learner, k_timeout_t timeout)
{
	int ret = -ENOENT;

	microtl_priv_head_lock(learner);
	if (is_active(learner)) {
		learner->cancel = true;
		(void)k_condvar_broadcast(&learner->changed);
		if (learner->train.state == MICROTL_TRAIN_QUEUED &&
		    k_queue_remove(&microtl_train_queue, learner)) {
			learner->train.state = MICROTL_TRAIN_IDLE;
			learner->train.error = -ECANCELED;
			learner->stats.failed++;
		}
		ret = k_current_get() == microtl_trainer ? 0 : wait_idle(learner, timeout);
	}
	microtl_priv_head_unlock(learner);
	return ret;
}

int microtl_train_wait(struct microtl_learner *learner, k_timeout_t timeout)
{
	microtl_priv_head_lock(learner);

	int ret = wait_idle(learner, timeout);

	microtl_priv_head_unlock(learner);
	return ret;
}

void microtl_train_status_get(struct microtl_learner *learner, struct microtl_train_status *status)
{
	microtl_priv_head_lock(learner);
	*status = learner->train;
	status->replay_count = learner->learning.replay.count;
	microtl_priv_head_unlock(learner);
}

void microtl_train_callback_set(struct microtl_learner *learner, microtl_train_callback callback,
				void *user_data)
{
	microtl_priv_head_lock(learner);
	learner->callback = callback;
	learner->callback_data = user_data;
	microtl_priv_head_unlock(learner);
}

int microtl_trainer_stack(size_t *unused, size_t *size)
{
#if defined(CONFIG_INIT_STACKS) && defined(CONFIG_THREAD_STACK_INFO)
	*size = microtl_trainer->stack_info.size;
	return k_thread_stack_space_get(microtl_trainer, unused);
#else
	ARG_UNUSED(unused);
	ARG_UNUSED(size);
	return -ENOTSUP;
#endif
}
