/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/integration/worker_play.h"

#include "lib/proto_session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void must(enum err e, const char *what)
{
	if (!e)
		return;
	fprintf(stderr, "worker_driver: %s: %s\n", what, err_text(e));
	exit(2);
}

void send_to(struct channel *c, uint16_t type, const uint8_t *body, size_t len)
{
	const struct msg m = {.type = type, .body = body, .len = len};

	if (!c || channel_send(c, &m) != ERR_OK)
		say("unsent 0x%04x", type);
}

/* ---- the outcome of a commit ---------------------------------------------------------------- */

static void send_anchored(const struct driver *d)
{
	const struct state_anchored a = {.version = d->anchored.version, .epoch = d->epoch};
	uint8_t body[16];
	size_t len;

	must(state_anchored_encode(&a, body, sizeof(body), &len), "encode");
	send_to(d->keys, STATE_ANCHORED, body, len);
}

bool play_anchor(struct driver *d)
{
	const struct crypt_part part = {d->put_blob.bytes, d->put_blob.len};
	const struct state_mark *mark = &d->pending.mark;
	struct digest digest;

	if (!d->dirty || d->put.epoch != 0 || d->put.version != mark->version)
		return false;
	must(crypt_sha256(&part, 1, &digest), "digest");
	if (d->put_blob.len != mark->len || !digest_equal(&digest, &mark->digest))
		must(ERR_TAMPERED, "the blob is not the one that was marked");
	d->blob = d->put_blob;
	d->anchored = *mark;
	d->volatile_state = d->pending.volatile_state;
	d->seq++;
	d->epoch = d->slots == SLOTS_SESSION && d->pending.kind == STATE_RUNS ? d->seq : 0;
	d->dirty = false;
	d->commits++;
	return true;
}

static bool store(struct driver *d)
{
	struct session_state s;
	uint8_t body[8];
	size_t len;

	if (d->put.epoch == 0)
		return false;
	must(session_state_decode(d->put_blob.bytes, d->put_blob.len, &s), "a session state");
	if (s.epoch != d->epoch || s.epoch != d->put.epoch || s.version != d->put.version)
		must(ERR_STATE, "the session state is not what was said of it");
	d->session[s.version & 1] = d->put_blob;
	d->put.epoch = 0;
	d->stored++;
	must(blob_stored_encode(s.version, body, sizeof(body), &len), "encode");
	send_to(d->broker, BLOB_STORED, body, len);
	say("stored %llu", (unsigned long long)s.version);
	return true;
}

void play_settle(struct driver *d)
{
	if (d->hold)
		return;
	if (d->broker && store(d))
		return;
	if (!d->keys || !play_anchor(d))
		return;
	send_anchored(d);
	say("anchored %llu %u", (unsigned long long)d->anchored.version, d->anchored.len);
}

/* ---- the key keeper ------------------------------------------------------------------------- */

static void on_resume(struct driver *d, const struct msg *m)
{
	struct state_resume r;

	must(state_resume_decode(m->body, m->len, &r), "STATE_RESUME");
	say("resume %llu %s", (unsigned long long)r.anchored.version,
	    r.waiting ? "waiting" : "idle");
	d->dirty = false;
	send_anchored(d);
}

static bool follows(const struct driver *d, uint64_t version)
{
	if (d->slots == SLOTS_SESSION)
		return version > d->anchored.version;
	return version == d->anchored.version + 1;
}

enum err play_keys(void *driver, struct msg *m)
{
	struct driver *d = driver;

	if (m->type == STATE_RESUME) {
		on_resume(d, m);
		return ERR_OK;
	}
	if (m->type != STATE_DIRTY || d->dirty)
		must(ERR_STATE, "the worker's word to the key keeper");
	must(state_dirty_decode(m->body, m->len, &d->pending), "STATE_DIRTY");
	if (!follows(d, d->pending.mark.version))
		must(ERR_STATE, "the version of STATE_DIRTY");
	d->dirty = true;
	if (d->pending.kind == STATE_ENDS)
		say("last %llu", (unsigned long long)d->pending.mark.version);
	if (d->pending.kind == STATE_SUSPENDS)
		say("suspends %llu", (unsigned long long)d->pending.mark.version);
	if (d->hold)
		say("dirty %llu", (unsigned long long)d->pending.mark.version);
	play_settle(d);
	return ERR_OK;
}

/* ---- the broker ----------------------------------------------------------------------------- */

/* Which of the other two slots is which does not matter to a worker. */
static void on_get(struct driver *d, const struct msg *m)
{
	enum blob_which which;
	const struct blob *b;

	must(blob_get_decode(m->body, m->len, &which), "BLOB_GET");
	b = which == BLOB_ANCHORED ? &d->blob : &d->session[which - BLOB_OTHER];
	send_to(d->broker, BLOB_DATA, b->bytes, d->lost ? 0 : b->len);
	d->lost = d->lost && which != BLOB_ANCHORED;
}

static void on_put(struct driver *d, const struct msg *m)
{
	must(blob_put_decode(m->body, m->len, &d->put), "BLOB_PUT");
	memcpy(d->put_blob.bytes, d->put.bytes, d->put.len);
	d->put_blob.len = d->put.len;
	if ((d->hold && d->put.epoch) || !d->keys)
		say("put %llu", (unsigned long long)d->put.version);
	play_settle(d);
}

static void on_trouble(const char *word, const struct msg *m)
{
	enum err why;

	must(blob_failed_decode(m->body, m->len, &why), word);
	say("%s %s", word, err_name(why));
}

enum err play_broker(void *driver, struct msg *m)
{
	struct driver *d = driver;

	switch (m->type) {
	case BLOB_GET:
		on_get(d, m);
		break;
	case BLOB_PUT:
		on_put(d, m);
		break;
	case BLOB_READY:
		say("ready");
		break;
	case BLOB_FAILED:
		on_trouble("failed", m);
		break;
	case BLOB_NOT_SUSPENDED:
		on_trouble("kept", m);
		break;
	default:
		must(ERR_STATE, "the worker's word to the broker");
	}
	return ERR_OK;
}
