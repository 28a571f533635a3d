/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/broker/syslog_line.h"

#include "lib/log.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

int syslog_connect(void)
{
	static const struct sockaddr_un sa = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	log_info("no syslog at /dev/log: audit records go to the store alone");
	if (fd >= 0)
		close(fd);
	return -1;
}

void syslog_audit(int fd, const struct admin_audit *r)
{
	const int severity = r->err ? LOG_WARNING : LOG_NOTICE;
	char line[512], who[16] = "manager";
	int n;

	if (fd < 0)
		return;
	if (r->uid != UINT32_MAX)
		snprintf(who, sizeof(who), "%u", r->uid);
	n = snprintf(line, sizeof(line),
		     "<%d>vtpmmgr: %s uid=%s stakeholder=%s object=%s rule=%s: %s",
		     LOG_AUTHPRIV | severity, r->action, who,
		     r->stakeholder[0] ? r->stakeholder : "-", r->object[0] ? r->object : "-",
		     r->rule[0] ? r->rule : "-", err_name(err_from_wire(r->err)));
	if (n < 0)
		return;
	/* A log that is full or gone must not hold anybody up: the store has the record. */
	(void)send(fd, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1, MSG_NOSIGNAL);
}
