/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/vtpm.h"

#include "lib/crypt.h"
#include "lib/log.h"
#include "lib/rbuf.h"
#include "lib/tpm_cmd.h"
#include "lib/wbuf.h"
#include "stubdom/command.h"
#include "stubdom/tpm.h"

#define CC_STARTUP  0x144
#define CC_SHUTDOWN 0x145
#define CC_STIR     0x146
#define STIR_SIZE   64
#define SU_CLEAR    0
#define CODE_AT     6 /* in a command: after tag and size */

/*
 * More than one command can add to the permanent state: the largest NV index
 * (2 KiB), a persistent object or a saved Shutdown(STATE) are each well below.
 */
#define GROWTH_MAX 8192

void vtpm_init(struct vtpm *v, size_t room, vtpm_commit_fn commit, void *arg)
{
	*v = (struct vtpm){.room = room, .commit = commit, .arg = arg};
}

static void answer_rc(struct vtpm *v, uint32_t rc, struct vtpm_response *out)
{
	tpm_response_rc(rc, v->answer);
	*out = (struct vtpm_response){v->answer, sizeof(v->answer)};
}

static void process(struct vtpm *v, const uint8_t *command, size_t len, struct vtpm_response *out)
{
	if (tpm_process(command, len, &out->bytes, &out->len) != ERR_OK)
		answer_rc(v, VTPM_RC_FAILURE, out);
}

static bool over_quota(const struct vtpm *v, size_t growth)
{
	size_t len;

	tpm_state(&len);
	return len + growth > v->room;
}

/*
 * Near the quota a command is executed on trial: the state as it was before
 * comes back if the new one does not fit. If that fails the TPM is off, and
 * its permanent state the old one, until the guest resets it.
 */
static void process_on_trial(struct vtpm *v, const uint8_t *command, size_t len,
			     struct vtpm_response *out)
{
	struct tpm_snapshot *before = NULL;
	enum err e;

	e = tpm_snapshot_take(&before);
	if (e) {
		answer_rc(v, VTPM_RC_RETRY, out);
		return;
	}
	process(v, command, len, out);
	if (over_quota(v, 0)) {
		e = tpm_snapshot_restore(before);
		if (e)
			log_error("going back to the state before a command failed: %s",
				  err_text(e));
		answer_rc(v, VTPM_RC_NV_SPACE, out);
	}
	tpm_snapshot_free(before);
}

/* Holds the vTPM and commits, if the state has changed. */
static void settle(struct vtpm *v, bool refused)
{
	if (!tpm_changed())
		return;
	v->held = true;
	v->commit(v->arg, refused);
}

static uint32_t response_code(const struct vtpm_response *r)
{
	struct tpm_header header;

	return tpm_header_decode(r->bytes, r->len, &header) == ERR_OK ? header.code
								      : VTPM_RC_FAILURE;
}

static void execute(struct vtpm *v, uint32_t code, const uint8_t *command, size_t len,
		    struct vtpm_response *out)
{
	v->last = code;
	if (command_may_store(code) && over_quota(v, GROWTH_MAX))
		process_on_trial(v, command, len, out);
	else
		process(v, command, len, out);
	settle(v, response_code(out) != 0);
}

bool vtpm_busy(const struct vtpm *v)
{
	return v->held || v->ending;
}

void vtpm_execute(struct vtpm *v, const uint8_t *command, size_t len, struct vtpm_response *out)
{
	struct rbuf r;
	uint32_t code;

	/* libtpms judges the header; here only the code counts. */
	rbuf_init(&r, command, len);
	rbuf_view(&r, CODE_AT);
	code = rbuf_u32(&r);
	if (!tpm_is_on())
		answer_rc(v, VTPM_RC_INITIALIZE, out);
	else if (v->stalled && command_may_store(code))
		answer_rc(v, VTPM_RC_RETRY, out);
	else
		execute(v, code, command, len, out);
}

static void put_header(struct wbuf *w, uint32_t code, uint32_t size)
{
	wbuf_u16(w, TPM_ST_NO_SESSIONS_);
	wbuf_u32(w, size);
	wbuf_u32(w, code);
}

/* One that the worker itself sends: a stall does not keep it from being executed. */
static void simple_command(struct vtpm *v, uint32_t code, uint16_t parameter,
			   struct vtpm_response *out)
{
	uint8_t command[TPM_HEADER_SIZE + 2];
	struct wbuf w;

	wbuf_init(&w, command, sizeof(command));
	put_header(&w, code, sizeof(command));
	wbuf_u16(&w, parameter);
	execute(v, code, command, sizeof(command), out);
}

enum err vtpm_startup(struct vtpm *v)
{
	struct vtpm_response response;

	simple_command(v, CC_STARTUP, SU_CLEAR, &response);
	return response_code(&response) == 0 ? ERR_OK : ERR_TPM;
}

/* TPM2_StirRandom. One that was suspended before its Startup takes fresh entropy with that. */
static enum err stir(struct vtpm *v)
{
	uint8_t command[TPM_HEADER_SIZE + 2 + STIR_SIZE], fresh[STIR_SIZE];
	struct vtpm_response response;
	uint32_t rc;
	struct wbuf w;
	enum err e = crypt_random(fresh, sizeof(fresh));

	if (e)
		return e;
	wbuf_init(&w, command, sizeof(command));
	put_header(&w, CC_STIR, sizeof(command));
	wbuf_u16(&w, sizeof(fresh));
	wbuf_bytes(&w, fresh, sizeof(fresh));
	process(v, command, sizeof(command), &response);
	secret_wipe(command, sizeof(command));
	secret_wipe(fresh, sizeof(fresh));
	rc = response_code(&response);
	return rc == 0 || rc == VTPM_RC_INITIALIZE ? ERR_OK : ERR_TPM;
}

enum err vtpm_resume(struct vtpm *v, const struct tpm_states *states)
{
	enum err e = tpm_resume(states);

	if (!e)
		e = stir(v);
	if (!e)
		vtpm_anchor(v);
	return e;
}

void vtpm_shutdown(struct vtpm *v)
{
	struct vtpm_response ignored; /* without it the next start is merely not orderly */

	if (tpm_is_on() && !(v->stalled & ~(unsigned)VTPM_STALL_BUDGET) && v->last != CC_SHUTDOWN)
		simple_command(v, CC_SHUTDOWN, SU_CLEAR, &ignored);
}

void vtpm_settle(struct vtpm *v)
{
	settle(v, false);
}

void vtpm_anchor(struct vtpm *v)
{
	v->held = true;
	v->commit(v->arg, true);
}

void vtpm_stall(struct vtpm *v, enum vtpm_stall why, bool stalled)
{
	v->stalled = stalled ? v->stalled | why : v->stalled & ~(unsigned)why;
}

void vtpm_release(struct vtpm *v)
{
	tpm_settled();
	v->held = false;
}
