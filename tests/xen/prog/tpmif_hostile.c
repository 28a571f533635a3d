/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tpmif_hostile [NAME...]: a frontend that breaks the rules of Xen's TPM
 * interface, in a guest whose vTPM no driver uses. Does what the rows of the
 * table at the end are called, all of them by default, and after each one sends
 * an honest command, which must be answered. One line each: "HOSTILE ok NAME"
 * or "HOSTILE FAILED NAME: ...".
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>

#define PAGE       4096
#define PACKET_AT  8
#define TIMEOUT_MS 120000
#define STEP_MS    5
#define IDLE       0
#define SUBMIT     1
#define FINISH     2
#define CANCEL     3
#define REWRITES   300000
#define FLOOD      20000
#define STORM      300

static const uint8_t get_random[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7b, 0, 8};

static struct {
	struct xs_handle *xs;
	xengntshr_handle *grants;
	xenevtchn_handle *events;
	char *backend; /* its directory */
	uint32_t backend_id;
	volatile uint8_t *page;
	uint32_t ref;
	xenevtchn_port_or_error_t port;
} f;

static char failure[200];

static bool failed(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(failure, sizeof(failure), format, args);
	va_end(args);
	return false;
}

/* ---- xenstore ------------------------------------------------------------------------------- */

static char *own_key(const char *key)
{
	static char path[64];

	snprintf(path, sizeof(path), "device/vtpm/0/%s", key);
	return path;
}

static void say(const char *key, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	if (!xs_write(f.xs, XBT_NULL, own_key(key), text, (unsigned)strlen(text)))
		fprintf(stderr, "HOSTILE: %s cannot be written\n", key);
}

static int backend_state(void)
{
	char path[128];
	unsigned len;
	char *text;
	int state;

	snprintf(path, sizeof(path), "%s/state", f.backend);
	text = xs_read(f.xs, XBT_NULL, path, &len);
	state = text ? atoi(text) : -1;
	free(text);
	return state;
}

static void nap(void)
{
	const struct timespec t = {.tv_nsec = STEP_MS * 1000000L};

	nanosleep(&t, NULL);
}

static bool wait_backend(int state)
{
	for (int ms = 0; ms < TIMEOUT_MS; ms += STEP_MS) {
		if (backend_state() == state)
			return true;
		nap();
	}
	return failed("the backend is in state %d, not %d", backend_state(), state);
}

/* ---- page and event channel ----------------------------------------------------------------- */

static void notify(void)
{
	xenevtchn_notify(f.events, (evtchn_port_t)f.port);
}

static bool offer(void)
{
	void *page = xengntshr_share_pages(f.grants, f.backend_id, 1, &f.ref, 1);

	if (!page)
		return failed("no page can be granted");
	memset(page, 0, PAGE);
	f.page = page;
	f.port = xenevtchn_bind_unbound_port(f.events, f.backend_id);
	return f.port >= 0 || failed("no event channel");
}

static void withdraw(void)
{
	if (f.port >= 0)
		xenevtchn_unbind(f.events, (evtchn_port_t)f.port);
	if (f.page)
		xengntshr_unshare(f.grants, (void *)(uintptr_t)f.page, 1);
	f.page = NULL;
	f.port = -1;
}

static bool connect_page(void)
{
	if (!wait_backend(2) || !offer())
		return false;
	say("ring-ref", f.ref);
	say("event-channel", (uint32_t)f.port);
	say("feature-protocol-v2", 1);
	say("state", 3);
	if (!wait_backend(4))
		return false;
	say("state", 4);
	return true;
}

static bool disconnect_page(void)
{
	bool ok;

	say("state", 6);
	ok = wait_backend(2);
	withdraw();
	return ok;
}

static void put_length(uint32_t length)
{
	for (int i = 0; i < 4; i++)
		f.page[i] = (uint8_t)(length >> 8 * i);
}

static void put_command(uint32_t length, uint8_t locality)
{
	for (size_t i = 0; i < sizeof(get_random); i++)
		f.page[PACKET_AT + i] = get_random[i];
	put_length(length);
	f.page[5] = locality;
	f.page[7] = 0;
}

static void set_state(uint8_t state)
{
	__sync_synchronize();
	f.page[4] = state;
	__sync_synchronize();
	notify();
}

static bool wait_answer(void)
{
	for (int ms = 0; ms < TIMEOUT_MS; ms += STEP_MS) {
		if (f.page[4] == FINISH || f.page[4] == IDLE)
			return true;
		nap();
	}
	return failed("no answer");
}

static uint32_t answered_rc(void)
{
	return (uint32_t)f.page[PACKET_AT + 6] << 24 | (uint32_t)f.page[PACKET_AT + 7] << 16 |
	       (uint32_t)f.page[PACKET_AT + 8] << 8 | f.page[PACKET_AT + 9];
}

/* What is answered to a page of this length and locality. */
static bool expect_rc(uint32_t length, uint8_t locality, uint32_t rc)
{
	put_command(length, locality);
	set_state(SUBMIT);
	if (!wait_answer())
		return false;
	return (f.page[4] == FINISH && answered_rc() == rc) ||
	       failed("length %u, locality %u: state %u, 0x%x", length, locality, f.page[4],
		      answered_rc());
}

static bool honest(void)
{
	return expect_rc(sizeof(get_random), 0, 0);
}

/* ---- what must not matter ------------------------------------------------------------------- */

static bool lengths(void)
{
	static const uint32_t lies[] = {0, 1, 9, 11, 4089, 4096, 65536, 0x7fffffff, 0xffffffff};

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		if (!expect_rc(lies[i], 0, 0x142))
			return false;
	return true;
}

static bool localities(void)
{
	return expect_rc(sizeof(get_random), 4, 0) && expect_rc(sizeof(get_random), 5, 0x907) &&
	       expect_rc(sizeof(get_random), 255, 0x907);
}

static bool extra_pages(void)
{
	put_command(sizeof(get_random), 0);
	f.page[7] = 255;
	set_state(SUBMIT);
	return wait_answer() && (f.page[4] == IDLE || failed("extra pages are taken"));
}

/* Everything on the page changes while the backend looks at it. */
static bool rewrite(void)
{
	put_command(sizeof(get_random), 0);
	for (uint32_t i = 0; i < REWRITES; i++) {
		put_length(i % 3 ? sizeof(get_random) : i * 2654435761u);
		f.page[PACKET_AT + 2] = (uint8_t)(i % 7 == 0);
		f.page[PACKET_AT + 4] = (uint8_t)(i >> 4);
		f.page[PACKET_AT + 5] = (uint8_t)(i % 5 ? 12 : i);
		f.page[5] = (uint8_t)(i % 9);
		f.page[7] = (uint8_t)(i % 11 == 0);
		f.page[4] = (uint8_t)(i % 4);
		if (i % 64 == 0)
			notify();
	}
	return disconnect_page() && connect_page();
}

static bool flood(void)
{
	for (int i = 0; i < FLOOD; i++)
		notify();
	put_command(sizeof(get_random), 0);
	f.page[4] = SUBMIT;
	for (int i = 0; i < FLOOD; i++)
		notify();
	return wait_answer();
}

static bool cancels(void)
{
	for (int i = 0; i < STORM; i++) {
		put_command(sizeof(get_random), 0);
		set_state(SUBMIT);
		set_state(CANCEL);
		set_state(CANCEL);
	}
	return wait_answer();
}

/* The page is taken away in the middle of a command, without a word. */
static bool vanish(void)
{
	put_command(sizeof(get_random), 0);
	set_state(SUBMIT);
	withdraw();
	say("state", 1);
	return connect_page();
}

static bool states(void)
{
	static const uint8_t jumps[] = {1, 4, 2, 3, 5, 4, 6, 3, 7, 8, 0, 9, 3, 1, 6};

	for (int round = 0; round < 5; round++)
		for (size_t i = 0; i < sizeof(jumps); i++)
			say("state", jumps[i]);
	return disconnect_page() && connect_page();
}

/* References and ports that are nobody's, and texts that are no numbers. */
static bool references(void)
{
	static const char *const refs[] = {"99999", "0", "4294967295", "-1", "x", ""};

	if (!disconnect_page())
		return false;
	for (size_t i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
		xs_write(f.xs, XBT_NULL, own_key("ring-ref"), refs[i], (unsigned)strlen(refs[i]));
		xs_write(f.xs, XBT_NULL, own_key("event-channel"), refs[i],
			 (unsigned)strlen(refs[i]));
		say("state", 3);
		for (int ms = 0; ms < 200; ms += STEP_MS)
			nap();
		if (backend_state() != 2)
			return failed("'%s' is state %d of the backend", refs[i], backend_state());
		say("state", 6);
	}
	return connect_page();
}

/* A frontend does not say where its backend is; it tries. */
static bool backend_keys(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/state", f.backend);
	if (xs_write(f.xs, XBT_NULL, path, "6", 1))
		return failed("the backend's state can be written");
	snprintf(path, sizeof(path), "/local/domain/%u/vtpm/guest", f.backend_id);
	if (xs_write(f.xs, XBT_NULL, path, "0", 1))
		return failed("the guest can be registered");
	return true;
}

static const struct {
	const char *name;
	bool (*fn)(void);
} tests[] = {
    {"lengths", lengths},
    {"localities", localities},
    {"extra-pages", extra_pages},
    {"rewrite", rewrite},
    {"flood", flood},
    {"cancels", cancels},
    {"vanish", vanish},
    {"states", states},
    {"references", references},
    {"backend-keys", backend_keys},
};

static bool wanted(int argc, char *argv[], const char *name)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc == 1;
}

static bool open_all(void)
{
	unsigned len;
	char *id;

	f.port = -1;
	f.xs = xs_open(0);
	f.grants = xengntshr_open(NULL, 0);
	f.events = xenevtchn_open(NULL, 0);
	if (!f.xs || !f.grants || !f.events)
		return failed("no xenstore, gntalloc or evtchn");
	f.backend = xs_read(f.xs, XBT_NULL, own_key("backend"), &len);
	id = xs_read(f.xs, XBT_NULL, own_key("backend-id"), &len);
	if (!f.backend || !id)
		return failed("no vTPM device");
	f.backend_id = (uint32_t)atoi(id);
	free(id);
	return connect_page() && honest();
}

int main(int argc, char *argv[])
{
	int bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!open_all()) {
		printf("HOSTILE FAILED start: %s\n", failure);
		return 1;
	}
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		bool ok;

		if (!wanted(argc, argv, tests[i].name))
			continue;
		ok = tests[i].fn() && honest();
		printf(ok ? "HOSTILE ok %s\n" : "HOSTILE FAILED %s: %s\n", tests[i].name, failure);
		bad += !ok;
	}
	bad += !disconnect_page();
	printf("HOSTILE end %d\n", bad);
	return bad > 0;
}
