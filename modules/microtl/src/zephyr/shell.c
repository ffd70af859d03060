/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "shell_priv.h"

#include <errno.h>
#include <string.h>

#include <microtl/trainer.h>

static struct microtl_learner *chosen;

struct microtl_learner *microtl_priv_shell_chosen(void)
{
	if (chosen == NULL) {
		STRUCT_SECTION_FOREACH(microtl_learner_config, config) {
			chosen = config->learner;
			break;
		}
	}
	return chosen;
}

struct microtl_learner *microtl_priv_shell_learner(const struct shell *sh)
{
	struct microtl_learner *learner = microtl_priv_shell_chosen();

	if (learner == NULL) {
		shell_error(sh, "no learner: define one with MICROTL_LEARNER_DEFINE()");
	} else if (microtl_learner_ready(learner) != 0) {
		shell_error(sh, "learner %s could not be set up (%d)", learner->config->name,
			    learner->error);
		return NULL;
	}
	return learner;
}

/* What an errno means to somebody at the shell. */
static const char *advice(int ret)
{
	switch (ret) {
	case -EAGAIN:
		return "too early, or timed out: try again later";
	case -EALREADY:
		return "a training is queued or runs already";
	case -EBUSY:
		return "a training runs: \"microtl train cancel\" first, or wait";
	case -EEXIST:
		return "that name is taken, or the slot holds another model's head: see the help";
	case -EINVAL:
		return "not valid: see the help";
	case -EIO:
		return "the flash did not read back as written";
	case -ENODATA:
		return "no labelled sample, or the inference is too long ago: label again";
	case -ENODEV:
		return "there is no store: look at the log of the boot";
	case -ENOENT:
		return "there is none";
	case -ENOMEM:
		return "no room: convert the model with more --classes, or remove a class";
	case -EXDEV:
		return "of another model";
	default:
		return "look at the log";
	}
}

int microtl_priv_shell_result(const struct shell *sh, int ret, const char *done)
{
	if (ret == 0) {
		shell_print(sh, "%s", done);
	} else {
		shell_error(sh, "%s (%d)", advice(ret), ret);
	}
	return ret;
}

void microtl_priv_shell_percent(const struct shell *sh, const char *what, microtl_real_t share)
{
	if (share < 0) {
		shell_print(sh, "%s-", what);
	} else {
		uint32_t tenths = (uint32_t)microtl_real_permille(share);

		shell_print(sh, "%s%u.%u %%", what, tenths / 10U, tenths % 10U);
	}
}

static int cmd_use(const struct shell *sh, size_t argc, char **argv)
{
	ARG_UNUSED(argc);
	STRUCT_SECTION_FOREACH(microtl_learner_config, config) {
		if (strcmp(config->name, argv[1]) == 0) {
			chosen = config->learner;
			shell_print(sh, "commands are about %s", argv[1]);
			return 0;
		}
	}
	shell_error(sh, "no learner %s: see \"microtl info\"", argv[1]);
	return -ENOENT;
}

static int cmd_info(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_chosen();

	ARG_UNUSED(argc);
	ARG_UNUSED(argv);

	STRUCT_SECTION_FOREACH(microtl_learner_config, config) {
		const struct microtl_model *model = config->model;

		shell_print(sh, "%s%s: model %s, input %u, features %u, classes %u of %u, arena %u",
			    config->name, config->learner == learner ? " (chosen)" : "",
			    model->name, model->input.size, model->output.size,
			    microtl_class_set_count(&config->learner->learning.active.classes),
			    microtl_head_class_rows(model->head), model->arena_size);
		shell_print(sh, "  id: backbone %08x, pre-processing %08x, feature %08x, head %08x",
			    model->id.backbone, model->id.preprocess, model->id.feature,
			    model->id.head);
	}
	return 0;
}

static void print_latency(const struct shell *sh, const char *what,
			  const struct microtl_latency *latency)
{
	shell_print(sh, "%s: last %u us, max %u us", what, latency->last_us, latency->max_us);
}

static int cmd_stats(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);
	struct microtl_learner_stats stats;
	size_t unused;
	size_t size;

	ARG_UNUSED(argc);
	ARG_UNUSED(argv);
	if (learner == NULL) {
		return -ENODEV;
	}
	microtl_learner_stats_get(learner, &stats);
	print_latency(sh, "pre-processing", &stats.preprocess);
	print_latency(sh, "inference", &stats.inference);
	print_latency(sh, "training step", &stats.step);
	shell_print(sh, "inferences %u, labels %u, refused %u", stats.inferences, stats.labels,
		    stats.labels_refused);
	shell_print(sh, "trainings %u: accepted %u, rejected %u, undecided %u, failed %u",
		    stats.trainings, stats.accepted, stats.rejected, stats.undecided, stats.failed);
	shell_print(sh, "flash writes %u", stats.flash_writes);
	if (microtl_trainer_stack(&unused, &size) == 0) {
		shell_print(sh, "trainer's stack: %zu of %zu bytes never used", unused, size);
	}
	return 0;
}

SHELL_SUBCMD_SET_CREATE(microtl_commands, (microtl));
SHELL_SUBCMD_ADD((microtl), info, NULL, "List learners and their models.\nUsage: info", cmd_info, 1,
		 0);
SHELL_SUBCMD_ADD((microtl), use, NULL, "Choose the learner for commands.\nUsage: use <learner>",
		 cmd_use, 2, 0);
SHELL_SUBCMD_ADD((microtl), stats, NULL, "Latencies, counters, stack.\nUsage: stats", cmd_stats, 1,
		 0);
SHELL_CMD_REGISTER(microtl, &microtl_commands, "Transfer learning on the device", NULL);
