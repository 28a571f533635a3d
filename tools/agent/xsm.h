/* SPDX-License-Identifier: BSD-3-Clause */
/* xsm: which access control the running hypervisor has, as xl tells it, and what follows. Pure. */
#ifndef TOOLS_AGENT_XSM_H
#define TOOLS_AGENT_XSM_H

enum xsm {
	XSM_UNKNOWN,
	XSM_SILO,  /* Debian's default: domains other than dom0 share nothing */
	XSM_DUMMY, /* every domain may share with every other */
	XSM_FLASK_PERMISSIVE,
	XSM_FLASK_ENFORCING,
};

/* From what `xl getenforce`, `xl dmesg` and `xl info` print; XSM_UNKNOWN if it does not say. */
enum xsm xsm_from_getenforce(const char *output);
enum xsm xsm_from_dmesg(const char *output);
enum xsm xsm_from_info(const char *output);

/* What it means for stub domains and what to do, a sentence; NULL where all is as it should be. */
const char *xsm_advice(enum xsm x);

#endif
