/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xen_rings: rings without Xen. The test's vtpmmgr-vchan is linked with this instead of
 * lib/xen/channel_xen.c: a ring is a connection to `hub` in the program's own folder, whose first
 * message says to whom it is granted, and at which path.
 */
#include "lib/log.h"
#include "lib/wbuf.h"
#include "lib/xen/channel_xen.h"
#include "tests/integration/xen_hub.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum err connect_hub(int *fd)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - sizeof("/hub"));

	if (n < 0)
		return ERR_IO;
	path[n] = '\0';
	strcpy(strrchr(path, '/'), "/hub");
	return channel_connect(path, fd);
}

static enum err say_hello(struct channel *c, uint32_t peer, const char *path)
{
	uint8_t body[256];
	struct msg m = {.type = HUB_HELLO, .body = body};
	struct wbuf w;
	enum err e;

	wbuf_init(&w, body, sizeof(body));
	wbuf_u32(&w, peer);
	wbuf_str(&w, path);
	e = wbuf_end(&w, &m.len);
	return e ? e : channel_send(c, &m);
}

enum err channel_xen_serve(uint32_t peer, const char *path, size_t ring, size_t body_max,
			   struct channel **out)
{
	int fd = -1;
	enum err e = connect_hub(&fd);

	(void)ring;
	if (!e)
		e = channel_new(fd, body_max, out);
	return e ? e : say_hello(*out, peer, path);
}
