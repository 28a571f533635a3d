/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vtpm-stubdom: one vTPM. Started by the supervisor with the descriptors of
 * lib/proto_super.h; sandboxed before it reads from any of them.
 */
#include "lib/child.h"
#include "lib/log.h"
#include "lib/sandbox.h"
#include "lib/secret.h"
#include "stubdom/worker.h"
#include "stubdom/worker_sandbox.h"

#include "lib/ossl.h"
#include <signal.h>
#include <stdlib.h>

#define SECRET_HEAP 4096 /* bytes; it holds one state key, and what OpenSSL locks for itself */

/*
 * OpenSSL would read its configuration file, later, when there are no files any
 * more. Its texts of errors and its list of ciphers by name nobody asks for; to
 * set them up took every worker half a millisecond.
 */
#define OPENSSL_WITHOUT                                                      \
	(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS | \
	 OPENSSL_INIT_NO_ADD_ALL_CIPHERS)

static enum err prepare(void)
{
	enum err e;

	if (OPENSSL_init_crypto(OPENSSL_WITHOUT, NULL) != 1)
		return ERR_CRYPTO;
	e = secret_init(SECRET_HEAP);
	if (e)
		return e;
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return ERR_INTERNAL;
	return ERR_OK;
}

int main(int argc, char *argv[])
{
	struct child_args args;
	struct sandbox sandbox;
	enum err e;

	log_init("vtpm-stubdom", LOG_LEVEL_ERROR);
	if (child_args_parse(argc, argv, &args) != ERR_OK) {
		log_error("started by vtpmmgr, never by hand");
		return EXIT_FAILURE;
	}
	log_init("vtpm-stubdom", args.level);
	e = prepare();
	if (e) {
		log_error("%s", err_text(e));
		return EXIT_FAILURE;
	}
	sandbox = worker_sandbox(args.uid, args.gid);
	if (sandbox_enter(&sandbox) != ERR_OK)
		return EXIT_FAILURE;
	return worker_run();
}
