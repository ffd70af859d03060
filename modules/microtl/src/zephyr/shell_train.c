/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Training and what came of it. */

#include "shell_priv.h"

#include <errno.h>

#include <microtl/trainer.h>

static const char *const state_names[] = {
	[MICROTL_TRAIN_IDLE] = "idle",
	[MICROTL_TRAIN_QUEUED] = "queued",
	[MICROTL_TRAIN_RUNNING] = "training",
	[MICROTL_TRAIN_PAUSED] = "paused",
};

static int cmd_start(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);
	unsigned long long seed = 1;
	int ret = 0;

	if (learner == NULL) {
		return -ENODEV;
	}
	if (argc > 1) {
		seed = shell_strtoull(argv[1], 0, &ret);
	}
	if (ret != 0) {
		shell_error(sh, "a seed is a number");
		return ret;
	}
	return microtl_priv_shell_result(sh, microtl_train_start(learner, seed),
					 "queued: see \"microtl status\"");
}

static int cmd_pause(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);

	ARG_UNUSED(argc);
	ARG_UNUSED(argv);
	return learner == NULL ? -ENODEV
			       : microtl_priv_shell_result(sh, microtl_train_pause(learner),
							   "pauses after this step");
}

static int cmd_resume(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);

	ARG_UNUSED(argc);
	ARG_UNUSED(argv);
	return learner == NULL
		       ? -ENODEV
		       : microtl_priv_shell_result(sh, microtl_train_resume(learner), "goes on");
}

static int cmd_cancel(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);

	ARG_UNUSED(argc);
	ARG_UNUSED(argv);
	return learner == NULL
		       ? -ENODEV
		       : microtl_priv_shell_result(sh, microtl_train_cancel(learner, K_SECONDS(10)),
						   "cancelled: the head stays");
}

static int cmd_wait(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);
	unsigned long seconds = 60;
	int ret = 0;

	if (learner == NULL) {
		return -ENODEV;
	}
	if (argc > 1) {
		seconds = shell_strtoul(argv[1], 10, &ret);
	}
	if (ret == 0) {
		ret = microtl_train_wait(learner, K_SECONDS(seconds));
	}
	return microtl_priv_shell_result(sh, ret, "no training runs");
}

static void print_verdict(const struct shell *sh, const struct microtl_gate_result *result)
{
	static const char *const verdicts[] = {
		[MICROTL_VERDICT_UNDECIDED] = "undecided",
		[MICROTL_VERDICT_ACCEPTED] = "accepted",
		[MICROTL_VERDICT_REJECTED] = "rejected",
	};

	if (result->reason == MICROTL_GATE_NONE) {
		shell_print(sh, "last verdict: none yet");
		return;
	}
	shell_print(sh, "last verdict: %s, %s", verdicts[result->verdict],
		    microtl_gate_reason_text(result->reason));
	shell_print(sh, "judged: %u samples of old classes, %u of new ones", result->old_count,
		    result->new_count);
	microtl_priv_shell_percent(sh, "old classes before: ", result->old_before);
	microtl_priv_shell_percent(sh, "old classes after: ", result->old_after);
	microtl_priv_shell_percent(sh, "new classes: ", result->new_recall);
}

static int cmd_status(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);
	struct microtl_train_status status;

	ARG_UNUSED(argc);
	ARG_UNUSED(argv);
	if (learner == NULL) {
		return -ENODEV;
	}
	microtl_train_status_get(learner, &status);
	shell_print(sh, "%s, %s", state_names[status.state],
		    status.unsaved ? "head not stored: \"microtl commit\"" : "nothing to store");
	shell_print(sh, "training %u of %u, epoch %u of %u, step %u of %u",
		    status.progress.training + 1U, status.progress.trainings, status.progress.epoch,
		    status.progress.epochs, status.progress.steps, status.progress.steps_total);
	shell_print(sh, "loss %d/1000, %u ms, CPU %u ms, %u uJ, error %d",
		    microtl_real_permille(status.progress.loss), status.elapsed_ms, status.cpu_ms,
		    status.energy_uj, status.error);
	shell_print(sh, "samples %u, new labels %u", status.replay_count, status.new_labels);
	print_verdict(sh, &status.result);
	return 0;
}

static int cmd_eval(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);
	struct microtl_class_info info;

	ARG_UNUSED(argc);
	ARG_UNUSED(argv);
	if (learner == NULL) {
		return -ENODEV;
	}
	shell_print(sh, "recall of the active head on the replay memory:");
	for (uint8_t label = 0; label < MICROTL_CLASSES_MAX; label++) {
		uint16_t right[2];
		uint16_t count[2];

		if (microtl_learner_class_get(learner, label, &info) != 0) {
			continue;
		}
		for (int held_out = 0; held_out < 2; held_out++) {
			microtl_learner_recall(learner, label, held_out == 1, &right[held_out],
					       &count[held_out]);
		}
		shell_print(sh, "%-*s held out %u of %u, others %u of %u", MICROTL_CLASS_NAME_MAX,
			    info.name.text, right[1], count[1], right[0], count[0]);
	}
	return 0;
}

SHELL_STATIC_SUBCMD_SET_CREATE(
	train_commands, SHELL_CMD_ARG(cancel, NULL, "Usage: train cancel", cmd_cancel, 1, 0),
	SHELL_CMD_ARG(pause, NULL, "Usage: train pause", cmd_pause, 1, 0),
	SHELL_CMD_ARG(resume, NULL, "Usage: train resume", cmd_resume, 1, 0),
	SHELL_CMD_ARG(start, NULL, "Same seed, same result.\nUsage: train start [<seed>]",
		      cmd_start, 1, 1),
	SHELL_CMD_ARG(wait, NULL, "Until it has ended.\nUsage: train wait [<seconds>]", cmd_wait, 1,
		      1),
	SHELL_SUBCMD_SET_END);

SHELL_SUBCMD_ADD((microtl), eval, NULL, "Recall of each class.\nUsage: eval", cmd_eval, 1, 0);
SHELL_SUBCMD_ADD((microtl), status, NULL, "Training, verdict, cost.\nUsage: status", cmd_status, 1,
		 0);
SHELL_SUBCMD_ADD((microtl), train, &train_commands, "Start, pause, resume, cancel a training.",
		 NULL, 1, 0);
