/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vtpmmgr-hook: libvirt runs it around a domain's life, in qemu.d and libxl.d of its hooks.
 *
 *	vtpmmgr-hook DOMAIN OPERATION SUBOPERATION EXTRA <XML
 *
 * It never calls libvirt, which waits for it, and ends by itself after HOOK_SECONDS.
 */
#include "tools/hook/hook_vtpm.h"

#include <libxml/parser.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOOK_SECONDS 60

static enum err refuse(struct client *c, const struct hook_domain *d)
{
	(void)d;
	snprintf(c->message, sizeof(c->message),
		 "a domain that has a vTPM cannot be migrated by this version");
	return ERR_UNSUPPORTED;
}

/* What is not here is none of ours. Above all reconnect: an error there would kill the guest. */
static const struct operation {
	const char *name;
	const char *sub;
	enum err (*fn)(struct client *c, const struct hook_domain *d);
} operations[] = {
    {"prepare", "begin", hook_vtpm_start},
    {"started", "begin", hook_vtpm_plug},
    {"release", "end", hook_vtpm_stop},
    {"migrate", "begin", refuse},
};

static const struct operation *find(const char *name, const char *sub)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (strcmp(operations[i].name, name) == 0 && strcmp(operations[i].sub, sub) == 0)
			return &operations[i];
	return NULL;
}

static void on_alarm(int signal)
{
	static const char text[] = "vtpmmgr: the manager or libvirt took too long\n";
	ssize_t n = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)signal;
	_exit(n < 0 ? 2 : EXIT_FAILURE);
}

/* Up to HOOK_XML_MAX bytes, and one more where there are more. The caller frees it. */
static char *read_input(size_t *len)
{
	char *xml = malloc(HOOK_XML_MAX + 1);
	ssize_t n = 1;

	*len = 0;
	while (xml && n > 0 && *len <= HOOK_XML_MAX) {
		n = read(STDIN_FILENO, xml + *len, HOOK_XML_MAX + 1 - *len);
		*len += n > 0 ? (size_t)n : 0;
	}
	if (n >= 0)
		return xml;
	free(xml);
	return NULL;
}

static int report(const char *domain, const struct client *c)
{
	fprintf(stderr, "vtpmmgr: domain %s: %s", domain, c->message);
	if (c->rule[0])
		fprintf(stderr, " (rule \"%s\")", c->rule);
	fputc('\n', stderr);
	return EXIT_FAILURE;
}

static enum err run(struct client *c, const struct operation *op, const char *xml, size_t len)
{
	struct hook_domain d;
	const char *why;
	enum err e = hook_xml_parse(xml, len, &d, &why);

	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	if (!e)
		return op->fn(c, &d);
	snprintf(c->message, sizeof(c->message), "%s", why);
	return e;
}

int main(int argc, char **argv)
{
	struct client c = {.socket = client_default_socket()};
	const struct operation *op = argc > 3 ? find(argv[2], argv[3]) : NULL;
	int rc = EXIT_SUCCESS;
	size_t len;
	char *xml;

	if (!op)
		return EXIT_SUCCESS;
	signal(SIGALRM, on_alarm);
	alarm(HOOK_SECONDS);
	xml = read_input(&len);
	if (!xml) {
		fprintf(stderr, "vtpmmgr: domain %s: its XML cannot be read\n", argv[1]);
		return EXIT_FAILURE;
	}
	if (hook_xml_concerns_us(xml, len) && run(&c, op, xml, len) != ERR_OK)
		rc = report(argv[1], &c);
	client_close(&c);
	free(xml);
	xmlCleanupParser();
	return rc;
}
