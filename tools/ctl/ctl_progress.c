/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_progress.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* The call that is waited for blocks, so a thread of its own keeps the time. */
struct ctl_progress {
	const char *what;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool over;
};

static void *show(void *arg)
{
	struct ctl_progress *p = arg;
	struct timespec next;
	unsigned seconds = 0;

	clock_gettime(CLOCK_REALTIME, &next);
	pthread_mutex_lock(&p->lock);
	while (!p->over) {
		next.tv_sec++;
		while (!p->over && pthread_cond_timedwait(&p->wake, &p->lock, &next) == 0)
			continue;
		if (!p->over)
			fprintf(stderr, "\r%s ... %u s", p->what, ++seconds);
	}
	pthread_mutex_unlock(&p->lock);
	if (seconds > 0)
		fputs("\r\033[K", stderr);
	return NULL;
}

struct ctl_progress *ctl_progress_begin(const char *what)
{
	struct ctl_progress *p = isatty(STDERR_FILENO) ? calloc(1, sizeof(*p)) : NULL;

	if (!p)
		return NULL;
	p->what = what;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	if (pthread_create(&p->thread, NULL, show, p) == 0)
		return p;
	free(p);
	return NULL;
}

void ctl_progress_end(struct ctl_progress *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->over = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->wake);
	free(p);
}
