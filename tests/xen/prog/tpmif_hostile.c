/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tpmif_hostile [NAME...]: a frontend that breaks the rules of Xen's TPM
 * interface, in a guest whose vTPM no driver uses. Does what the rows of the
 * table at the end are called, all of them by default, and after each one sends
 * an honest command, which must be answered. One line each: "HOSTILE ok NAME"
 * or "HOSTILE FAILED NAME: ...".
 */
#include "tests/xen/prog/tpmif_frontend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKET_AT FRONTEND_PACKET_AT
#define REWRITES  300000
#define FLOOD     20000
#define STORM     300

static const uint8_t get_random[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7b, 0, 8};

static struct frontend f;

static void put_command(uint32_t length, uint8_t locality)
{
	for (size_t i = 0; i < sizeof(get_random); i++)
		f.page[PACKET_AT + i] = get_random[i];
	frontend_length(&f, length);
	f.page[FRONTEND_LOCALITY_AT] = locality;
	f.page[FRONTEND_EXTRA_AT] = 0;
}

static bool wait_answer(void)
{
	for (int ms = 0; ms < FRONTEND_PATIENCE_MS; ms += FRONTEND_STEP_MS) {
		if (f.page[FRONTEND_STATE_AT] == FRONTEND_FINISH ||
		    f.page[FRONTEND_STATE_AT] == FRONTEND_IDLE)
			return true;
		frontend_nap();
	}
	return frontend_failed("no answer");
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
	frontend_set(&f, FRONTEND_SUBMIT);
	if (!wait_answer())
		return false;
	return (f.page[FRONTEND_STATE_AT] == FRONTEND_FINISH && answered_rc() == rc) ||
	       frontend_failed("length %u, locality %u: state %u, 0x%x", length, locality,
			       f.page[FRONTEND_STATE_AT], answered_rc());
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
	f.page[FRONTEND_EXTRA_AT] = 255;
	frontend_set(&f, FRONTEND_SUBMIT);
	return wait_answer() && (f.page[FRONTEND_STATE_AT] == FRONTEND_IDLE ||
				 frontend_failed("extra pages are taken"));
}

/* Everything on the page changes while the backend looks at it. */
static bool rewrite(void)
{
	put_command(sizeof(get_random), 0);
	for (uint32_t i = 0; i < REWRITES; i++) {
		frontend_length(&f, i % 3 ? sizeof(get_random) : i * 2654435761u);
		f.page[PACKET_AT + 2] = (uint8_t)(i % 7 == 0);
		f.page[PACKET_AT + 4] = (uint8_t)(i >> 4);
		f.page[PACKET_AT + 5] = (uint8_t)(i % 5 ? 12 : i);
		f.page[FRONTEND_LOCALITY_AT] = (uint8_t)(i % 9);
		f.page[FRONTEND_EXTRA_AT] = (uint8_t)(i % 11 == 0);
		f.page[FRONTEND_STATE_AT] = (uint8_t)(i % 4);
		if (i % 64 == 0)
			frontend_notify(&f);
	}
	return frontend_disconnect(&f) && frontend_connect(&f);
}

static bool flood(void)
{
	for (int i = 0; i < FLOOD; i++)
		frontend_notify(&f);
	put_command(sizeof(get_random), 0);
	f.page[FRONTEND_STATE_AT] = FRONTEND_SUBMIT;
	for (int i = 0; i < FLOOD; i++)
		frontend_notify(&f);
	return wait_answer();
}

static bool cancels(void)
{
	for (int i = 0; i < STORM; i++) {
		put_command(sizeof(get_random), 0);
		frontend_set(&f, FRONTEND_SUBMIT);
		frontend_set(&f, FRONTEND_CANCEL);
		frontend_set(&f, FRONTEND_CANCEL);
	}
	return wait_answer();
}

/* The page is taken away in the middle of a command, without a word. */
static bool vanish(void)
{
	put_command(sizeof(get_random), 0);
	frontend_set(&f, FRONTEND_SUBMIT);
	frontend_withdraw(&f);
	frontend_say(&f, "state", 1);
	return frontend_connect(&f);
}

static bool states(void)
{
	static const uint8_t jumps[] = {1, 4, 2, 3, 5, 4, 6, 3, 7, 8, 0, 9, 3, 1, 6};

	for (int round = 0; round < 5; round++)
		for (size_t i = 0; i < sizeof(jumps); i++)
			frontend_say(&f, "state", jumps[i]);
	return frontend_disconnect(&f) && frontend_connect(&f);
}

/* References and ports that are nobody's, and texts that are no numbers. */
static bool references(void)
{
	static const char *const refs[] = {"99999", "0", "4294967295", "-1", "x", ""};

	if (!frontend_disconnect(&f))
		return false;
	for (size_t i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
		xs_write(f.xs, XBT_NULL, frontend_key("ring-ref"), refs[i],
			 (unsigned)strlen(refs[i]));
		xs_write(f.xs, XBT_NULL, frontend_key("event-channel"), refs[i],
			 (unsigned)strlen(refs[i]));
		frontend_say(&f, "state", 3);
		for (int ms = 0; ms < 200; ms += FRONTEND_STEP_MS)
			frontend_nap();
		if (frontend_backend_state(&f) != 2)
			return frontend_failed("'%s' is state %d of the backend", refs[i],
					       frontend_backend_state(&f));
		frontend_say(&f, "state", 6);
	}
	return frontend_connect(&f);
}

/* A frontend does not say where its backend is; it tries. */
static bool backend_keys(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/state", f.backend);
	if (xs_write(f.xs, XBT_NULL, path, "6", 1))
		return frontend_failed("the backend's state can be written");
	snprintf(path, sizeof(path), "/local/domain/%u/vtpm/guest", f.backend_id);
	if (xs_write(f.xs, XBT_NULL, path, "0", 1))
		return frontend_failed("the guest can be registered");
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

int main(int argc, char *argv[])
{
	int bad = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!frontend_open(&f) || !honest()) {
		printf("HOSTILE FAILED start: %s\n", frontend_failure());
		return 1;
	}
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		bool ok;

		if (!wanted(argc, argv, tests[i].name))
			continue;
		ok = tests[i].fn() && honest();
		printf(ok ? "HOSTILE ok %s\n" : "HOSTILE FAILED %s: %s\n", tests[i].name,
		       frontend_failure());
		bad += !ok;
	}
	bad += !frontend_disconnect(&f);
	printf("HOSTILE end %d\n", bad);
	return bad > 0;
}
