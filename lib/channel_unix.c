/* SPDX-License-Identifier: BSD-3-Clause */
/* The unix SEQPACKET transport of lib/channel, and how its sockets are made. */
#include "lib/channel_ops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define CONTROL_SIZE CMSG_SPACE(MSG_FDS_MAX * sizeof(int))

union control {
	char bytes[CONTROL_SIZE];
	struct cmsghdr align;
};

/* sendmsg() reads what iov_base points at; the type does not say so. */
static void *readable(const void *p)
{
	return (void *)(uintptr_t)p;
}

static void attach_fds(struct msghdr *h, union control *control, const struct msg *m)
{
	size_t len = m->nfds * sizeof(int);
	struct cmsghdr *c;

	memset(control, 0, sizeof(*control));
	h->msg_control = control;
	h->msg_controllen = CMSG_SPACE(len);
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), m->fds, len);
}

static enum err send_error(int errnum)
{
	switch (errnum) {
	case EAGAIN:
		return ERR_AGAIN;
	case EPIPE:
	case ECONNRESET:
	case ENOTCONN:
		return ERR_EOF;
	case EMSGSIZE:
		return ERR_TOO_BIG;
	default:
		return err_from_errno(errnum);
	}
}

static enum err unix_send(struct channel_link *link, const uint8_t header[MSG_HEADER_SIZE],
			  const struct msg *m)
{
	struct iovec iov[2] = {
	    {.iov_base = readable(header), .iov_len = MSG_HEADER_SIZE},
	    {.iov_base = readable(m->body), .iov_len = m->len},
	};
	struct msghdr h = {.msg_iov = iov, .msg_iovlen = 2};
	union control control;
	ssize_t n;

	if (m->nfds > 0)
		attach_fds(&h, &control, m);
	do
		n = sendmsg(link->fd, &h, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? send_error(errno) : ERR_OK;
}

/* No more descriptors than the control buffer holds can arrive: MSG_FDS_MAX. */
static void collect_fds(struct msghdr *h, struct channel_frame *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		out->nfds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(out->fds, CMSG_DATA(c), out->nfds * sizeof(int));
	}
}

static enum err unix_recv(struct channel_link *link, uint8_t *buf, size_t cap,
			  struct channel_frame *out)
{
	union control control;
	struct iovec iov = {.iov_base = buf, .iov_len = cap};
	struct msghdr h = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control),
	};
	ssize_t n;

	/* ECONNRESET comes once, before what the peer sent while it still lived. */
	do
		n = recvmsg(link->fd, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return errno == EAGAIN ? ERR_AGAIN : err_from_errno(errno);
	*out = (struct channel_frame){.len = (size_t)n};
	collect_fds(&h, out);
	if (n != 0 && !(h.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return ERR_OK;
	/* An empty message is no message of ours: as good as the end. */
	for (size_t i = 0; i < out->nfds; i++)
		close(out->fds[i]);
	return n == 0 ? ERR_EOF : ERR_FORMAT;
}

static enum err unix_peer(const struct channel_link *link, struct channel_peer *out)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(link->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return err_from_errno(errno);
	*out = (struct channel_peer){
	    .pid = cred.pid, .uid = cred.uid, .gid = cred.gid, .domid = CHANNEL_THIS_DOMAIN};
	return ERR_OK;
}

static void unix_shut(struct channel_link *link)
{
	shutdown(link->fd, SHUT_RDWR);
}

static void unix_close(struct channel_link *link)
{
	close(link->fd);
	free(link);
}

static const struct channel_ops unix_ops = {
    .send = unix_send,
    .recv = unix_recv,
    .peer = unix_peer,
    .shut = unix_shut,
    .close = unix_close,
};

enum err channel_new(int fd, size_t body_max, struct channel **out)
{
	struct channel_link *link = malloc(sizeof(*link));

	if (!link) {
		close(fd);
		return ERR_NO_MEMORY;
	}
	*link = (struct channel_link){.ops = &unix_ops, .fd = fd};
	return channel_over(link, body_max, out);
}

/*
 * Room for the longest message. A unix socket charges what is under way to its
 * sender alone, so the receive buffer has no say. Only the privileged may go
 * over the system's maximum; whoever sends too much for it gets ERR_TOO_BIG.
 */
static void make_room(int fd)
{
	int bytes = MSG_HEADER_SIZE + MSG_BODY_MAX; /* the kernel doubles it */

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) != 0)
		(void)!setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

enum err channel_pair(int fds[2])
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return err_from_errno(errno);
	for (int i = 0; i < 2; i++) {
		make_room(pair[i]);
		fds[i] = pair[i];
	}
	return ERR_OK;
}

static enum err address(const char *path, struct sockaddr_un *out)
{
	size_t len = strlen(path);

	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (len == 0 || len >= sizeof(out->sun_path))
		return ERR_ARG;
	memcpy(out->sun_path, path, len);
	return ERR_OK;
}

static enum err connect_error(int errnum)
{
	switch (errnum) {
	case ECONNREFUSED:
	case EAGAIN: /* its backlog is full */
		return ERR_UNAVAILABLE;
	case ENOENT:
		return ERR_NOT_FOUND;
	default:
		return err_from_errno(errnum);
	}
}

enum err channel_connect(const char *path, int *fd)
{
	struct sockaddr_un addr;
	enum err e = address(path, &addr);
	int s;

	if (e)
		return e;
	s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s < 0)
		return err_from_errno(errno);
	if (connect(s, (struct sockaddr *)&addr, sizeof(addr)) != 0) {
		e = connect_error(errno);
		close(s);
		return e;
	}
	make_room(s);
	*fd = s;
	return ERR_OK;
}

/* Takes away a socket at path that nobody listens on any more; anything else there stays. */
static enum err remove_stale(const char *path)
{
	struct stat st;
	int fd;
	enum err e;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? ERR_OK : err_from_errno(errno);
	if (!S_ISSOCK(st.st_mode))
		return ERR_EXISTS;
	e = channel_connect(path, &fd);
	if (!e)
		close(fd);
	if (e != ERR_UNAVAILABLE)
		return ERR_EXISTS;
	return unlink(path) == 0 ? ERR_OK : err_from_errno(errno);
}

/* The kernel takes the mode from the umask: there is no moment with another one. */
static enum err bind_with_mode(int s, const struct sockaddr_un *addr, mode_t mode)
{
	mode_t before = umask(~mode & 0777);
	int rc = bind(s, (const struct sockaddr *)addr, sizeof(*addr));
	enum err e = rc == 0 ? ERR_OK : err_from_errno(errno);

	umask(before);
	return e;
}

enum err channel_listen(const char *path, mode_t mode, int *fd)
{
	struct sockaddr_un addr;
	enum err e = address(path, &addr);
	int s;

	if (!e)
		e = remove_stale(path);
	if (e)
		return e;
	s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s < 0)
		return err_from_errno(errno);
	e = bind_with_mode(s, &addr, mode);
	if (!e && listen(s, SOMAXCONN) != 0)
		e = err_from_errno(errno);
	if (e) {
		close(s);
		return e;
	}
	*fd = s;
	return ERR_OK;
}

enum err channel_accept(int listener, int *fd)
{
	int s = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (s < 0)
		return errno == EAGAIN || errno == ECONNABORTED || errno == EINTR
			   ? ERR_AGAIN
			   : err_from_errno(errno);
	make_room(s);
	*fd = s;
	return ERR_OK;
}
