/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_help: every command there is: finding one, and telling about it. */
#ifndef TOOLS_CTL_HELP_H
#define TOOLS_CTL_HELP_H

#include "tools/ctl/ctl.h"

/* The i-th command of all; NULL past the last. */
const struct ctl_command *ctl_help_command_at(size_t i);

/* The command that argv starts with, and how many words its name takes; NULL if there is none. */
const struct ctl_command *ctl_help_find(int argc, const char *const *argv, int *words);

/* The command that was perhaps meant, or NULL. */
const char *ctl_help_similar(const char *words);

/* Usage, help and options of one command. */
enum err ctl_help_command(struct ctl *c, const struct ctl_command *cmd) MUST_USE;
enum err ctl_help_overview(struct ctl *c) MUST_USE;
enum err ctl_help_version(struct ctl *c) MUST_USE;

/* Says that argv is no command, and what might have been meant. ERR_ARG. */
enum err ctl_help_unknown(struct ctl *c, int argc, const char *const *argv) MUST_USE;

#endif
