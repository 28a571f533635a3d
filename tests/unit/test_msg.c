/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/msg.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void test_header_round_trip(void **state)
{
	static const uint8_t expected[] = {0,    1,    2,    3,    0, 3, 0, 0,
					   0xaa, 0xbb, 0xcc, 0xdd, 0, 0, 0, 0};
	struct msg m = {.type = 0x0203, .id = 0xaabbccdd, .len = MSG_BODY_MAX};
	uint8_t header[MSG_HEADER_SIZE];
	struct msg got = {0};
	size_t len;

	(void)state;
	assert_int_equal(msg_encode_header(&m, header), ERR_OK);
	assert_memory_equal(header, expected, sizeof(expected));
	assert_int_equal(msg_decode_header(header, &got, &len), ERR_OK);
	assert_int_equal(got.type, m.type);
	assert_int_equal(got.id, m.id);
	assert_int_equal(len, MSG_BODY_MAX);
	m.len++;
	assert_int_equal(msg_encode_header(&m, header), ERR_TOO_BIG);
}

static void refuse_with(size_t offset, uint8_t value)
{
	struct msg m = {.type = 1, .id = 2, .len = 3};
	struct msg got = {.type = 77};
	uint8_t header[MSG_HEADER_SIZE];
	size_t len = 88;

	assert_int_equal(msg_encode_header(&m, header), ERR_OK);
	header[offset] = value;
	assert_int_equal(msg_decode_header(header, &got, &len), ERR_FORMAT);
	assert_int_equal(got.type, 77);
	assert_int_equal(len, 88);
}

static void test_header_refused(void **state)
{
	(void)state;
	refuse_with(0, 1); /* version 257 */
	refuse_with(1, 0); /* version 0 */
	refuse_with(1, 2); /* version 2 */
	refuse_with(4, 0xff);
	refuse_with(5, 4); /* more than MSG_BODY_MAX */
	refuse_with(12, 1);
	refuse_with(15, 1);
}

/* A state machine of two states, and one handler that may take a descriptor. */
enum { IDLE, BUSY };

struct seen {
	unsigned calls;
	int taken;
	enum err answer;
};

static enum err handle(void *ctx, struct msg *m)
{
	struct seen *seen = ctx;

	seen->calls++;
	if (m->nfds > 0 && seen->taken == 0)
		seen->taken = msg_take_fd(m, 0);
	return seen->answer;
}

static const struct msg_rule rules[] = {
    {1, "idle", MSG_IN(IDLE), 0, 0, 0, handle},
    {2, "range", MSG_IN(IDLE) | MSG_IN(BUSY), 4, 8, 0, handle},
    {3, "fd", MSG_ANY_STATE, 0, 0, 1, handle},
    {4, "never", 0, 0, 8, 0, handle},
};

static enum err dispatch(struct seen *seen, unsigned state, uint16_t type, size_t len)
{
	static const uint8_t body[16];
	struct msg m = {.type = type, .body = body, .len = len};

	return msg_dispatch(rules, sizeof(rules) / sizeof(rules[0]), state, seen, &m);
}

static void test_dispatch(void **state)
{
	struct seen seen = {0};

	(void)state;
	assert_int_equal(dispatch(&seen, IDLE, 1, 0), ERR_OK);
	assert_int_equal(dispatch(&seen, BUSY, 2, 4), ERR_OK);
	assert_int_equal(dispatch(&seen, BUSY, 2, 8), ERR_OK);
	assert_int_equal(seen.calls, 3);
	seen.answer = ERR_FULL;
	assert_int_equal(dispatch(&seen, IDLE, 1, 0), ERR_FULL);
}

static void test_dispatch_refuses(void **state)
{
	struct seen seen = {0};
	struct msg m = {.type = 1};

	(void)state;
	assert_int_equal(dispatch(&seen, BUSY, 1, 0), ERR_DENIED);  /* wrong state */
	assert_int_equal(dispatch(&seen, IDLE, 4, 0), ERR_DENIED);  /* in no state */
	assert_int_equal(dispatch(&seen, IDLE, 99, 0), ERR_DENIED); /* no such message */
	assert_int_equal(dispatch(&seen, 32, 3, 0), ERR_DENIED);    /* no such state */
	assert_int_equal(dispatch(&seen, IDLE, 2, 3), ERR_FORMAT);  /* short */
	assert_int_equal(dispatch(&seen, IDLE, 2, 9), ERR_FORMAT);  /* long */
	assert_int_equal(dispatch(&seen, IDLE, 1, 1), ERR_FORMAT);
	assert_int_equal(dispatch(&seen, IDLE, 3, 0), ERR_FORMAT); /* without its descriptor */
	assert_int_equal(msg_dispatch(NULL, 0, IDLE, &seen, &m), ERR_DENIED);
	assert_int_equal(seen.calls, 0);
}

static int some_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void assert_closed(int fd)
{
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void test_surplus_fds_closed(void **state)
{
	struct seen seen = {0};
	struct msg one = {.type = 1, .fds = {some_fd()}, .nfds = 1};
	struct msg two = {.type = 3, .fds = {some_fd(), some_fd()}, .nfds = 2};
	struct msg unknown = {.type = 99, .fds = {some_fd()}, .nfds = 1};
	int fds[] = {one.fds[0], two.fds[0], two.fds[1], unknown.fds[0]};

	(void)state;
	assert_int_equal(msg_dispatch(rules, 4, IDLE, &seen, &one), ERR_FORMAT);
	assert_int_equal(msg_dispatch(rules, 4, IDLE, &seen, &two), ERR_FORMAT);
	assert_int_equal(msg_dispatch(rules, 4, IDLE, &seen, &unknown), ERR_DENIED);
	assert_int_equal(seen.calls, 0);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		assert_closed(fds[i]);
	assert_int_equal(two.nfds, 0);
}

static void test_taken_fd_stays(void **state)
{
	struct seen seen = {0};
	struct msg m = {.type = 3, .fds = {some_fd()}, .nfds = 1};
	struct msg left = {.type = 3, .fds = {some_fd()}, .nfds = 1};
	int not_taken = left.fds[0];

	(void)state;
	assert_int_equal(msg_dispatch(rules, 4, IDLE, &seen, &m), ERR_OK);
	assert_int_equal(fcntl(seen.taken, F_GETFD), FD_CLOEXEC);
	assert_int_equal(msg_dispatch(rules, 4, IDLE, &seen, &left), ERR_OK);
	assert_closed(not_taken);
	close(seen.taken);
}

static void test_take_out_of_range(void **state)
{
	struct msg m = {.nfds = 0};

	(void)state;
	assert_int_equal(msg_take_fd(&m, 0), -1);
	assert_int_equal(msg_take_fd(&m, MSG_FDS_MAX), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_header_round_trip),  cmocka_unit_test(test_header_refused),
	    cmocka_unit_test(test_dispatch),           cmocka_unit_test(test_dispatch_refuses),
	    cmocka_unit_test(test_surplus_fds_closed), cmocka_unit_test(test_taken_fd_stays),
	    cmocka_unit_test(test_take_out_of_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
