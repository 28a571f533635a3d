/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * label: the XSM labels of domains, as 'vtpmctl policy flask' defines them and xl's seclabel
 * names them: of each stakeholder's guests and vTPM stub domains, and of the manager.
 *
 *	system_u:system_r:guest_STAKEHOLDER_t
 *
 * A stakeholder's id is mapped to an identifier of the policy language: '-' becomes '_', which no
 * id has, so that two ids never share a label.
 */
#ifndef TOOLS_CLIENT_LABEL_H
#define TOOLS_CLIENT_LABEL_H

#include "lib/err.h"

#define LABEL_ID_MAX 63

#define LABEL_PREFIX  "system_u:system_r:"
#define LABEL_MANAGER LABEL_PREFIX "vtpmmgr_t"

struct label_id {
	char s[LABEL_ID_MAX + 1];
};

struct label {
	char s[sizeof(LABEL_PREFIX "guest__t") + LABEL_ID_MAX];
};

/* ERR_FORMAT: longer than LABEL_ID_MAX, empty, or with something else than a-z, 0-9 and '-'. */
enum err label_id(const char *stakeholder, struct label_id *out) MUST_USE;

/* Of its guests, and of the stub domains of its vTPMs. ERR_FORMAT as label_id(). */
enum err label_guest(const char *stakeholder, struct label *out) MUST_USE;
enum err label_vtpm(const char *stakeholder, struct label *out) MUST_USE;

#endif
