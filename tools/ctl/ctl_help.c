/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_help: the list of commands, and one command in full. */
#include "tools/ctl/ctl_help.h"

#include "config.h"
#include "tools/ctl/ctl_output.h"

#include <string.h>

static const struct {
	const char *title; /* NULL: more of the group before */
	const struct ctl_command *commands;
} groups[] = {
    {"the platform", ctl_platform_commands},
    {NULL, ctl_recover_commands},
    {"how things stand", ctl_status_commands},
    {NULL, ctl_doctor_commands},
    {"vTPMs", ctl_vtpm_commands},
    {NULL, ctl_libvirt_commands},
    {NULL, ctl_xen_commands},
    {"the policy, and what it decides", ctl_policy_commands},
    {NULL, ctl_policy_explain_commands},
    {NULL, ctl_policy_flask_commands},
    {"what happened", ctl_audit_commands},
    {"help", ctl_help_commands},
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

const struct ctl_command *ctl_help_command_at(size_t i)
{
	for (size_t g = 0; g < GROUPS; g++)
		for (const struct ctl_command *cmd = groups[g].commands; cmd->name; cmd++)
			if (i-- == 0)
				return cmd;
	return NULL;
}

/* How many leading words of argv are this command's name; 0 if they are not. */
static int name_matches(const char *name, int argc, const char *const *argv)
{
	const char *space = strchr(name, ' ');
	size_t first = space ? (size_t)(space - name) : strlen(name);

	if (argc < 1 || strlen(argv[0]) != first || strncmp(argv[0], name, first) != 0)
		return 0;
	if (!space)
		return 1;
	return argc > 1 && strcmp(argv[1], space + 1) == 0 ? 2 : 0;
}

const struct ctl_command *ctl_help_find(int argc, const char *const *argv, int *words)
{
	const struct ctl_command *cmd;

	for (size_t i = 0; (cmd = ctl_help_command_at(i)); i++) {
		*words = name_matches(cmd->name, argc, argv);
		if (*words)
			return cmd;
	}
	return NULL;
}

static bool in_group(const struct ctl_command *cmd, const char *word)
{
	size_t n = strlen(word);

	return strncmp(cmd->name, word, n) == 0 && cmd->name[n] == ' ';
}

/* Whether word is the first of commands of two words. */
static bool is_group(const char *word)
{
	const struct ctl_command *cmd;

	for (size_t i = 0; (cmd = ctl_help_command_at(i)); i++)
		if (in_group(cmd, word))
			return true;
	return false;
}

/* Levenshtein's distance, for words of a command line. */
static size_t distance(const char *a, const char *b)
{
	size_t row[64], n = strlen(b);

	if (n >= 64)
		return n;
	for (size_t k = 0; k <= n; k++)
		row[k] = k;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t k = 0; k < n; k++) {
			size_t best = diagonal + (a[i] != b[k]);

			diagonal = row[k + 1];
			if (row[k] + 1 < best)
				best = row[k] + 1;
			if (diagonal + 1 < best)
				best = diagonal + 1;
			row[k + 1] = best;
		}
	}
	return row[n];
}

const char *ctl_help_similar(const char *words)
{
	const struct ctl_command *cmd;
	const char *best = NULL;
	size_t least = strlen(words) / 3 + 2;

	for (size_t i = 0; (cmd = ctl_help_command_at(i)); i++) {
		size_t d = distance(words, cmd->name);

		if (d < least) {
			least = d;
			best = cmd->name;
		}
	}
	return best;
}

static void print_group(size_t g, const char *only)
{
	bool titled = !groups[g].title;

	for (const struct ctl_command *cmd = groups[g].commands; cmd->name; cmd++) {
		if (only && !in_group(cmd, only))
			continue;
		if (!titled)
			printf("\n%s\n", groups[g].title);
		titled = true;
		printf("   %-22s %s\n", cmd->name, cmd->brief);
	}
}

static void print_overview(const char *only)
{
	printf("usage: vtpmctl [--json] [--socket PATH] COMMAND [ARGUMENTS]\n");
	for (size_t g = 0; g < GROUPS; g++)
		print_group(g, only);
	printf("\n'vtpmctl help COMMAND' tells all about one command, vtpmctl(1) all about the "
	       "program.\n");
}

static void print_option(const struct ctl_opt *o)
{
	char head[64];

	snprintf(head, sizeof(head), "%s%c%s--%s%s%s", o->letter ? "-" : "",
		 o->letter ? o->letter : ' ', o->letter ? ", " : "", o->name, o->arg ? " " : "",
		 o->arg ? o->arg : "");
	printf("  %s\n", head[0] == ' ' ? head + 1 : head);
	ctl_output_wrapped(stdout, 8, o->help);
}

/* Paragraphs are wrapped; lines that start with a space are printed as they are. */
static void print_paragraphs(const char *text)
{
	char line[1024];

	while (*text) {
		size_t n = strcspn(text, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)n, text);
		if (line[0] == ' ')
			puts(line);
		else
			ctl_output_wrapped(stdout, 0, line);
		text += n;
		if (*text == '\n' && *++text != ' ')
			putchar('\n');
	}
}

static void print_command(const struct ctl_command *cmd)
{
	printf("usage: vtpmctl %s%s%s\n\n", cmd->name, cmd->args[0] ? " " : "", cmd->args);
	print_paragraphs(cmd->help);
	if (cmd->opts[0].name)
		printf("\nOptions:\n");
	for (size_t i = 0; i < CTL_OPTS_MAX && cmd->opts[i].name; i++)
		print_option(&cmd->opts[i]);
}

static struct json_object *command_json(const struct ctl_command *cmd)
{
	struct json_object *o = json_object_new_object();
	struct json_object *opts = json_object_new_array();
	char name[40];

	for (size_t i = 0; i < CTL_OPTS_MAX && cmd->opts[i].name; i++) {
		snprintf(name, sizeof(name), "--%s", cmd->opts[i].name);
		json_object_array_add(opts, json_object_new_string(name));
	}
	json_object_object_add(o, "name", json_object_new_string(cmd->name));
	json_object_object_add(o, "args", json_object_new_string(cmd->args));
	json_object_object_add(o, "brief", json_object_new_string(cmd->brief));
	json_object_object_add(o, "help", json_object_new_string(cmd->help));
	json_object_object_add(o, "options", opts);
	return o;
}

/* only: one command; NULL: those of a group, or all where that is NULL too. */
static enum err help_json(struct ctl *c, const struct ctl_command *only, const char *group)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();
	const struct ctl_command *cmd;

	for (size_t i = 0; (cmd = ctl_help_command_at(i)); i++)
		if (only ? cmd == only : !group || in_group(cmd, group))
			json_object_array_add(list, command_json(cmd));
	json_object_object_add(o, "commands", list);
	return ctl_output_json(c, o);
}

enum err ctl_help_command(struct ctl *c, const struct ctl_command *cmd)
{
	if (c->json)
		return help_json(c, cmd, NULL);
	print_command(cmd);
	return ERR_OK;
}

enum err ctl_help_overview(struct ctl *c)
{
	if (c->json)
		return help_json(c, NULL, NULL);
	print_overview(NULL);
	return ERR_OK;
}

enum err ctl_help_unknown(struct ctl *c, int argc, const char *const *argv)
{
	char words[128];
	const char *similar;

	snprintf(words, sizeof(words), "%s%s%s", argv[0], argc > 1 && is_group(argv[0]) ? " " : "",
		 argc > 1 && is_group(argv[0]) ? argv[1] : "");
	if (is_group(words))
		return ctl_fail(c, ERR_ARG, "'%s' needs a second word; see 'vtpmctl help %s'",
				words, words);
	similar = ctl_help_similar(words);
	if (similar)
		return ctl_fail(c, ERR_ARG, "there is no command '%s'; did you mean '%s'?", words,
				similar);
	return ctl_fail(c, ERR_ARG, "there is no command '%s'; see 'vtpmctl help'", words);
}

static enum err help(struct ctl *c, const struct ctl_args *a)
{
	const struct ctl_command *cmd;
	int words;

	if (a->npos == 0)
		return ctl_help_overview(c);
	cmd = ctl_help_find((int)a->npos, a->pos, &words);
	if (!cmd && (a->npos > 1 || !is_group(a->pos[0])))
		return ctl_help_unknown(c, (int)a->npos, a->pos);
	if (cmd)
		return ctl_help_command(c, cmd);
	if (c->json)
		return help_json(c, NULL, a->pos[0]);
	print_overview(a->pos[0]);
	return ERR_OK;
}

enum err ctl_help_version(struct ctl *c)
{
	struct json_object *o;

	if (!c->json) {
		printf("vtpmctl %s\n", PACKAGE_VERSION);
		return ERR_OK;
	}
	o = json_object_new_object();
	json_object_object_add(o, "version", json_object_new_string(PACKAGE_VERSION));
	return ctl_output_json(c, o);
}

const struct ctl_command ctl_help_commands[] = {
    {.name = "help",
     .args = "[COMMAND]",
     .brief = "tell about a command",
     .help = "Without COMMAND, lists the commands. With the first word of a group (platform, "
	     "policy), lists that group.",
     .max_pos = 2,
     .fn = help},
    {0},
};
