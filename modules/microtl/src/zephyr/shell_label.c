/*
 * SPDX-FileCopyrightText: The MicroTL authors
 * SPDX-License-Identifier: Apache-2.0
 */

/* Inferences, labels, classes, replay memory. */

#include "shell_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zephyr/sys/util.h>

#include "learner_priv.h"

/* The recording that labels go into, by class and time. */
static struct {
	struct microtl_learner *learner;
	uint16_t number;
	uint8_t label;
	int64_t last_ms;
} recording;

static int8_t typed_input[CONFIG_MICROTL_SHELL_INPUT_SIZE];

/* The name of the index-th class, for completion; valid until the next call. */
static void class_entry(size_t index, struct shell_static_entry *entry)
{
	static struct microtl_class_info info;
	struct microtl_learner *learner = microtl_priv_shell_chosen();
	size_t found = 0;

	*entry = (struct shell_static_entry){0};
	for (uint8_t label = 0; learner != NULL && label < MICROTL_CLASSES_MAX; label++) {
		if (microtl_learner_class_get(learner, label, &info) == 0 && found++ == index) {
			entry->syntax = info.name.text;
			return;
		}
	}
}

SHELL_DYNAMIC_CMD_CREATE(class_names, class_entry);

static int find_class(const struct shell *sh, struct microtl_learner *learner, const char *name,
		      uint8_t *label)
{
	int ret = microtl_learner_class_find(learner, name, label);

	if (ret != 0) {
		shell_error(sh, "no class %s: see \"microtl class list\"", name);
	}
	return ret;
}

static void print_inference(const struct shell *sh, struct microtl_learner *learner,
			    const struct microtl_inference *result)
{
	struct microtl_class_info info = {.name = {.text = "none"}};

	(void)microtl_learner_class_get(learner, result->label, &info);
	shell_fprintf(sh, SHELL_NORMAL, "inference %u: %s, ", result->token, info.name.text);
	microtl_priv_shell_percent(sh, "", result->score);
}

static int cmd_infer(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);
	struct microtl_inference result;
	int ret;

	if (learner == NULL) {
		return -ENODEV;
	}
	if (argc == 1) {
		ret = microtl_learner_last_get(learner, &result);
		if (ret != 0) {
			shell_error(sh, "no inference yet");
			return ret;
		}
		print_inference(sh, learner, &result);
		return 0;
	}
	size_t size = learner->config->model->input.size;

	if (size > sizeof(typed_input) || strlen(argv[1]) != 2U * size ||
	    hex2bin(argv[1], 2U * size, (uint8_t *)typed_input, size) != size) {
		shell_error(sh, "the input is %zu bytes of two hexadecimal digits", size);
		return -EINVAL;
	}
	ret = microtl_learner_infer(learner, typed_input, NULL, &result, K_SECONDS(10));
	if (ret != 0) {
		return microtl_priv_shell_result(sh, ret, "");
	}
	print_inference(sh, learner, &result);
	return 0;
}

/* The largest recording number that is known. */
static uint16_t last_recording(struct microtl_learner *learner)
{
	const struct microtl_replay *replay = &learner->learning.replay;
	uint16_t last = 0;

	microtl_priv_lock(learner);
	for (uint16_t i = 0; i < replay->count; i++) {
		last = MAX(last, replay->entries[i].recording);
	}
	microtl_priv_unlock(learner);
	return last;
}

/* Labels of one class without a pause are one recording. */
static uint16_t current_recording(struct microtl_learner *learner, uint8_t label)
{
	int64_t now = k_uptime_get();

	if (recording.learner != learner || recording.label != label ||
	    now - recording.last_ms > MSEC_PER_SEC * CONFIG_MICROTL_SHELL_RECORDING_S) {
		recording.number = (uint16_t)(last_recording(learner) + 1U);
	}
	recording.learner = learner;
	recording.label = label;
	recording.last_ms = now;
	return recording.number;
}

static int cmd_label(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);
	struct microtl_inference result;
	uint8_t label;

	if (learner == NULL) {
		return -ENODEV;
	}
	int ret = find_class(sh, learner, argv[1], &label);
	if (ret != 0) {
		return ret;
	}
	unsigned long number =
		argc > 2 ? shell_strtoul(argv[2], 10, &ret) : current_recording(learner, label);
	if (ret != 0 || number > UINT16_MAX) {
		shell_error(sh, "a recording is a number up to 65535");
		return -EINVAL;
	}
	ret = microtl_learner_last_get(learner, &result);
	if (ret == 0) {
		ret = microtl_learner_label(learner, result.token, label, (uint16_t)number);
	}
	if (ret != 0) {
		return microtl_priv_shell_result(sh, ret, "");
	}
	shell_print(sh, "inference %u is %s, recording %lu", result.token, argv[1], number);
	return 0;
}

static int cmd_class_add(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);
	uint8_t label;

	ARG_UNUSED(argc);
	if (learner == NULL) {
		return -ENODEV;
	}
	return microtl_priv_shell_result(sh, microtl_learner_class_add(learner, argv[1], &label),
					 "added");
}

static int cmd_class_remove(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);
	uint8_t label;

	ARG_UNUSED(argc);
	if (learner == NULL) {
		return -ENODEV;
	}
	int ret = find_class(sh, learner, argv[1], &label);
	if (ret != 0) {
		return ret;
	}
	return microtl_priv_shell_result(sh, microtl_learner_class_remove(learner, label),
					 "removed");
}

static int cmd_class_list(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);
	struct microtl_class_info info;

	ARG_UNUSED(argc);
	ARG_UNUSED(argv);
	if (learner == NULL) {
		return -ENODEV;
	}
	for (uint8_t label = 0; label < MICROTL_CLASSES_MAX; label++) {
		if (microtl_learner_class_get(learner, label, &info) == 0) {
			shell_print(sh, "%3u %-*s %s, %u samples to train on, %u held out", label,
				    MICROTL_CLASS_NAME_MAX, info.name.text,
				    info.active ? "known" : "to be learned", info.trained_on,
				    info.held_out);
		}
	}
	return 0;
}

static int cmd_replay(const struct shell *sh, size_t argc, char **argv)
{
	struct microtl_learner *learner = microtl_priv_shell_learner(sh);

	if (learner == NULL) {
		return -ENODEV;
	}
	const struct microtl_replay *replay = &learner->learning.replay;

	shell_print(sh, "%u of %u samples, %u evicted, %u refused during a training", replay->count,
		    replay->capacity, replay->evicted, replay->refused);
	return cmd_class_list(sh, argc, argv);
}

SHELL_STATIC_SUBCMD_SET_CREATE(
	class_commands, SHELL_CMD_ARG(add, NULL, "Usage: class add <name>", cmd_class_add, 2, 0),
	SHELL_CMD_ARG(list, NULL, "Usage: class list", cmd_class_list, 1, 0),
	SHELL_CMD_ARG(remove, &class_names, "Usage: class remove <name>", cmd_class_remove, 2, 0),
	SHELL_SUBCMD_SET_END);

SHELL_SUBCMD_ADD((microtl), class, &class_commands, "Add, list, remove classes.", NULL, 1, 0);
SHELL_SUBCMD_ADD((microtl), infer, NULL,
		 "Show the last inference, or infer from a quantised input.\n"
		 "Usage: infer [<hexadecimal digits, two a byte>]",
		 cmd_infer, 1, 1);
SHELL_SUBCMD_ADD((microtl), label, &class_names,
		 "Label the last inference.\nUsage: label <class> [<recording>]", cmd_label, 2, 1);
SHELL_SUBCMD_ADD((microtl), replay, NULL, "What the replay memory holds.\nUsage: replay",
		 cmd_replay, 1, 0);
