/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loop: the event loop of every daemon, epoll underneath. Single-threaded.
 *
 * A callback may delete any source or timer, its own included; the loop never
 * calls one that has been deleted.
 */
#ifndef LIB_LOOP_H
#define LIB_LOOP_H

#include "lib/err.h"

#include <stdint.h>

struct loop;
struct loop_source;
struct loop_timer;

/* events: EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR as in epoll_ctl(2). */
typedef void (*loop_fd_fn)(void *arg, uint32_t events);
typedef void (*loop_timer_fn)(void *arg);
typedef void (*loop_signal_fn)(void *arg, int signo);

enum err loop_new(struct loop **out) MUST_USE;
/* Frees what is still watched or set as well; sources and timers are invalid then. */
void loop_free(struct loop *l);

/* Runs until loop_stop(). ERR_IO if epoll itself fails. */
enum err loop_run(struct loop *l) MUST_USE;
void loop_stop(struct loop *l);

/* Watches fd (not owned: the caller closes it after loop_del()). */
enum err loop_add(struct loop *l, int fd, uint32_t events, loop_fd_fn fn, void *arg,
		  struct loop_source **out) MUST_USE;
enum err loop_modify(struct loop_source *s, uint32_t events) MUST_USE;
/* NULL is fine. */
void loop_del(struct loop_source *s);

/* Milliseconds of CLOCK_MONOTONIC. */
uint64_t loop_now(void);

/* Calls fn once after ms milliseconds of CLOCK_MONOTONIC. 0 means: on the next turn. */
enum err loop_after(struct loop *l, uint64_t ms, loop_timer_fn fn, void *arg,
		    struct loop_timer **out) MUST_USE;
/* Before it fired only; NULL is fine. After it fired the timer is gone by itself. */
void loop_cancel(struct loop_timer *t);

/* Blocks the signal and delivers it through the loop. Call before threads or children exist. */
enum err loop_signal(struct loop *l, int signo, loop_signal_fn fn, void *arg) MUST_USE;

#endif
