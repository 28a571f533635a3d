/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tpmif_driver DIR: a stub domain's bus between a page, which it plays the
 * frontend of, and a real worker at DIR/tpm and DIR/tpm.ctrl. Lines on standard
 * input:
 *
 *	connect               to the worker
 *	disconnect
 *	reset                 the guest is another one
 *	attach  detach        a page of zeros
 *	submit LOCALITY HEX   one command
 *	write OFFSET HEX      bytes of the page
 *	event                 the frontend's
 *	quit
 *
 * and on standard output "connected", "lost", and for each event of the
 * backend's "page STATE LENGTH HEX".
 */
#include "lib/log.h"
#include "stubdom/init/bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE_MAX_ (3 * TPMIF_PAGE_SIZE)

static struct {
	struct loop *loop;
	const char *dir;
	struct bus bus;
	uint8_t page[TPMIF_PAGE_SIZE];
} d;

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "tpmif_driver: %s\n", what);
	exit(2);
}

static void say(const char *text)
{
	puts(text);
	fflush(stdout);
}

static void on_answer(void *arg, const uint8_t *response, size_t len)
{
	(void)arg;
	bus_answer(&d.bus, response, len);
}

static void on_lost(void *arg)
{
	(void)arg;
	say("lost");
}

static const struct emulator_ops ops = {on_answer, on_lost};

static void on_notify(void *arg)
{
	size_t len = (size_t)d.page[0] | (size_t)d.page[1] << 8;

	(void)arg;
	printf("page %u %zu ", d.page[4], len);
	for (size_t i = 0; i < len && i < TPMIF_PACKET_MAX; i++)
		printf("%02x", d.page[TPMIF_PACKET_AT + i]);
	say("");
}

static int dial(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", d.dir, name);
	must(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0, a.sun_path);
	return fd;
}

/* Writes the bytes that a hexadecimal text says; their number is returned. */
static size_t write_page(size_t at, const char *hex)
{
	size_t n = 0;

	for (; at + n < sizeof(d.page) && sscanf(hex + 2 * n, "%2hhx", &d.page[at + n]) == 1; n++)
		;
	return n;
}

static void do_connect(const char *a)
{
	(void)a;
	must(emulator_connect(d.bus.tpm, dial("tpm"), dial("tpm.ctrl")) == ERR_OK, "connect");
	say("connected");
}
static void do_disconnect(const char *a)
{
	(void)a;
	emulator_disconnect(d.bus.tpm);
}
static void do_reset(const char *a)
{
	(void)a;
	emulator_reset(d.bus.tpm);
}
static void do_attach(const char *a)
{
	(void)a;
	memset(d.page, 0, sizeof(d.page));
	bus_attach(&d.bus, d.page, on_notify, NULL);
}
static void do_detach(const char *a)
{
	(void)a;
	bus_detach(&d.bus);
}
static void do_event(const char *a)
{
	(void)a;
	bus_event(&d.bus);
}
static void do_submit(const char *a)
{
	char *hex;
	uint8_t locality = (uint8_t)strtoul(a, &hex, 10);
	size_t len = write_page(TPMIF_PACKET_AT, hex + 1);

	d.page[0] = (uint8_t)len;
	d.page[1] = (uint8_t)(len >> 8);
	d.page[5] = locality;
	d.page[4] = TPMIF_SUBMIT;
	bus_event(&d.bus);
}
static void do_write(const char *a)
{
	char *hex;
	size_t at = strtoul(a, &hex, 10);

	write_page(at, hex + 1);
}
static void do_quit(const char *a)
{
	(void)a;
	loop_stop(d.loop);
}

static const struct {
	const char *word;
	void (*fn)(const char *argument);
} words[] = {
    {"connect", do_connect}, {"disconnect", do_disconnect}, {"reset", do_reset},
    {"attach", do_attach},   {"detach", do_detach},         {"event", do_event},
    {"submit", do_submit},   {"write", do_write},           {"quit", do_quit},
};

static void obey(char *line)
{
	char *argument = line + strcspn(line, " ");

	if (*argument)
		*argument++ = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, line) == 0) {
			words[i].fn(argument);
			return;
		}
	must(false, line);
}

static void on_stdin(void *arg, uint32_t events)
{
	static char pending[LINE_MAX_];
	static size_t have;
	ssize_t n = read(STDIN_FILENO, pending + have, sizeof(pending) - have - 1);
	char *end;

	(void)arg, (void)events;
	if (n <= 0) {
		loop_stop(d.loop);
		return;
	}
	have += (size_t)n;
	pending[have] = '\0';
	while ((end = strchr(pending, '\n'))) {
		*end = '\0';
		obey(pending);
		have -= (size_t)(end + 1 - pending);
		memmove(pending, end + 1, have + 1);
	}
}

int main(int argc, char *argv[])
{
	struct loop_source *input;

	must(argc == 2, "usage: tpmif_driver DIR");
	log_init("tpmif_driver", LOG_LEVEL_INFO);
	d.dir = argv[1];
	must(loop_new(&d.loop) == ERR_OK, "loop");
	must(emulator_new(d.loop, &ops, NULL, &d.bus.tpm) == ERR_OK, "emulator");
	must(loop_add(d.loop, STDIN_FILENO, EPOLLIN, on_stdin, NULL, &input) == ERR_OK, "stdin");
	must(loop_run(d.loop) == ERR_OK, "loop");
	emulator_free(d.bus.tpm);
	loop_free(d.loop);
	return 0;
}
