/* SPDX-License-Identifier: BSD-3-Clause */
/* notify: tells systemd that the service is up, as sd_notify(3) describes it. */
#ifndef VTPMMGR_NOTIFY_H
#define VTPMMGR_NOTIFY_H

/* Nothing happens where nobody asked for it. */
void notify_ready(void);

#endif
