/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * syslog_line: one record to the system log from inside a sandbox. syslog(3)
 * connects again by itself when it has to, which no sandboxed process may.
 */
#ifndef VTPMMGR_SYSLOG_LINE_H
#define VTPMMGR_SYSLOG_LINE_H

#include "lib/proto_admin.h"

/* A datagram socket connected to /dev/log, or -1 (and a log line) if nobody listens there. */
int syslog_connect(void);

/* facility authpriv; severity notice, or warning where r->err is not ERR_OK. fd -1: nothing. */
void syslog_audit(int fd, const struct admin_audit *r);

#endif
