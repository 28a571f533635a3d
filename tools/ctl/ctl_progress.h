/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctl_progress: a line on the terminal while something takes more than a
 * second, and gone when it is over. Nothing where standard error is no terminal.
 */
#ifndef TOOLS_CTL_PROGRESS_H
#define TOOLS_CTL_PROGRESS_H

struct ctl_progress;

/* what must live until the end. NULL (nothing to show) is a valid progress. */
struct ctl_progress *ctl_progress_begin(const char *what);
void ctl_progress_end(struct ctl_progress *p);

#endif
