/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/agent/xsm.h"

#include <stddef.h>
#include <string.h>

#define COMMAND_LINE "\nxen_commandline"

struct sign {
	const char *text;
	enum xsm means;
};

static enum xsm look(const char *text, const struct sign *signs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(text, signs[i].text))
			return signs[i].means;
	return XSM_UNKNOWN;
}

enum xsm xsm_from_getenforce(const char *output)
{
	static const struct sign signs[] = {{"Enforcing", XSM_FLASK_ENFORCING},
					    {"Permissive", XSM_FLASK_PERMISSIVE}};

	return look(output, signs, 2);
}

/* The prefix is the hypervisor's own: what a guest prints there has another one. */
enum xsm xsm_from_dmesg(const char *output)
{
	static const struct sign signs[] = {
	    {"(XEN) WARNING: SILO mode is not enabled", XSM_DUMMY},
	    {"(XEN) Initialising XSM SILO mode", XSM_SILO},
	    {"(XEN) Flask:  Disabled", XSM_DUMMY},
	};

	return look(output, signs, sizeof(signs) / sizeof(signs[0]));
}

enum xsm xsm_from_info(const char *output)
{
	static const struct sign signs[] = {{"xsm=dummy", XSM_DUMMY}, {"xsm=silo", XSM_SILO}};
	const char *line = strstr(output, COMMAND_LINE);
	char text[1024];
	size_t n;

	if (!line)
		return XSM_UNKNOWN;
	line++;
	n = strcspn(line, "\n");
	if (n >= sizeof(text))
		n = sizeof(text) - 1;
	memcpy(text, line, n);
	text[n] = '\0';
	return look(text, signs, sizeof(signs) / sizeof(signs[0]));
}

static const char *const advice[] = {
    [XSM_UNKNOWN] =
	"it cannot be told which access control Xen has; stub domains need xsm=flask with "
	"a policy (vtpmctl policy flask)",
    [XSM_SILO] = "Xen runs in SILO mode, in which no stub domain can serve a guest: boot it with "
		 "xsm=flask flask=enforcing and the policy that 'vtpmctl policy flask' writes",
    [XSM_DUMMY] = "Xen keeps no domain from any other (xsm=dummy): boot it with xsm=flask "
		  "flask=enforcing and the policy that 'vtpmctl policy flask' writes",
    [XSM_FLASK_PERMISSIVE] =
	"Xen's policy is not enforced: 'xl setenforce 1', and flask=enforcing on "
	"its command line",
    [XSM_FLASK_ENFORCING] = NULL,
};

const char *xsm_advice(enum xsm x)
{
	return advice[x];
}
