/* SPDX-License-Identifier: BSD-3-Clause */
/* How unix channels are made, and what off the wire they refuse. */
#include "lib/channel.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_refused(const void *bytes, size_t len)
{
	struct channel *c;
	struct msg got;
	int fds[2];

	assert_int_equal(channel_pair(fds), ERR_OK);
	assert_int_equal(channel_new(fds[1], 64, &c), ERR_OK);
	assert_int_equal(send(fds[0], bytes, len, 0), len);
	assert_int_equal(channel_recv(c, &got), ERR_FORMAT);
	channel_close(c);
	close(fds[0]);
}

static void test_garbage(void **state)
{
	static const uint8_t truncated[15] = {0, 1};
	static const uint8_t version[16] = {0, 2};
	static const uint8_t longer[16] = {0, 1, 0, 1, 0, 0, 0, 1}; /* says 1, has 0 */
	static const uint8_t shorter[17] = {0, 1, 0, 1};            /* says 0, has 1 */
	static const uint8_t reserved[16] = {0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	static const uint8_t oversized[16 + 65] = {0, 1, 0, 1, 0, 0, 0, 65};
	static const uint8_t cut_to_fit[16 + 65] = {0, 1, 0, 1, 0, 0, 0, 64};

	(void)state;
	assert_refused(truncated, sizeof(truncated));
	assert_refused(version, sizeof(version));
	assert_refused(longer, sizeof(longer));
	assert_refused(shorter, sizeof(shorter));
	assert_refused(reserved, sizeof(reserved));
	assert_refused(oversized, sizeof(oversized));
	assert_refused(cut_to_fit, sizeof(cut_to_fit));
}

/* Listening sockets, in a directory of the test's own. */

static char dir[] = "/tmp/test_channel.XXXXXX";
static char path[sizeof(dir) + 8];

static void test_listen(void **state)
{
	struct msg m = {.type = 1};
	struct channel *client;
	struct channel *server;
	struct msg got;
	struct stat st;
	mode_t mask = umask(077);
	int listener;
	int fd;

	(void)state;
	assert_int_equal(channel_listen(path, 0666, &listener), ERR_OK);
	assert_int_equal(umask(mask), 077);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0666);
	assert_int_equal(channel_accept(listener, &fd), ERR_AGAIN);
	assert_int_equal(channel_connect(path, &fd), ERR_OK);
	assert_int_equal(channel_new(fd, 64, &client), ERR_OK);
	assert_int_equal(channel_accept(listener, &fd), ERR_OK);
	assert_int_equal(channel_new(fd, 64, &server), ERR_OK);
	assert_int_equal(channel_send(client, &m), ERR_OK);
	assert_int_equal(channel_recv(server, &got), ERR_OK);
	channel_close(client);
	channel_close(server);
	/* somebody listens: his socket stays */
	assert_int_equal(channel_listen(path, 0600, &fd), ERR_EXISTS);
	close(listener);
	assert_int_equal(channel_connect(path, &fd), ERR_UNAVAILABLE);
	/* nobody does any more */
	assert_int_equal(channel_listen(path, 0600, &fd), ERR_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	close(fd);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(channel_connect(path, &fd), ERR_NOT_FOUND);
}

static void test_listen_refused(void **state)
{
	char longer[200];
	int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(channel_listen(path, 0600, &fd), ERR_EXISTS); /* no socket: not ours */
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(unlink(path), 0);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(channel_listen(longer, 0600, &fd), ERR_ARG);
	assert_int_equal(channel_connect("", &fd), ERR_ARG);
}

static void test_body_max(void **state)
{
	struct channel *c = NULL;
	int fds[2];

	(void)state;
	assert_int_equal(channel_pair(fds), ERR_OK);
	assert_int_equal(channel_new(fds[0], MSG_BODY_MAX + 1, &c), ERR_ARG);
	assert_null(c);
	assert_int_equal(fcntl(fds[0], F_GETFD), -1); /* owned on failure as well */
	close(fds[1]);
}

static void test_peer(void **state)
{
	struct channel_peer p;
	struct channel *c;
	int fds[2];

	(void)state;
	assert_int_equal(channel_pair(fds), ERR_OK);
	assert_int_equal(channel_new(fds[0], 64, &c), ERR_OK);
	assert_int_equal(channel_peer(c, &p), ERR_OK);
	assert_int_equal(p.pid, getpid());
	assert_int_equal(p.uid, getuid());
	assert_int_equal(p.gid, getgid());
	channel_close(c);
	close(fds[1]);
}

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/socket", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_garbage),        cmocka_unit_test(test_listen),
	    cmocka_unit_test(test_listen_refused), cmocka_unit_test(test_body_max),
	    cmocka_unit_test(test_peer),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
