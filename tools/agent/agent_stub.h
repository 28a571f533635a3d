/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * agent_stub: a stub domain through xl: creates it from the image that was
 * checked, destroys it, and knows what one that runs was made of.
 */
#ifndef TOOLS_AGENT_STUB_H
#define TOOLS_AGENT_STUB_H

#include "tools/agent/agent_worker.h"

/*
 * Whether one may be made as asked; *detail says why not. ERR_UNSUPPORTED: Xen would not let it
 * serve anybody; ERR_UNAPPROVED: the image here is not what the manager names, also not after the
 * files have been read again.
 */
enum err agent_stub_check(struct agent_worker *w, const char **detail) MUST_USE;

/* w->run is set; done follows. */
enum err agent_stub_create(struct agent_worker *w, xl_done_fn done) MUST_USE;
enum err agent_stub_destroy(struct agent_worker *w, xl_done_fn done) MUST_USE;

/* Notes in xenstore what the domain that is now there was made of: from here on it is whole. */
enum err agent_stub_note(const struct agent_worker *w) MUST_USE;

/*
 * Takes the nodes of the manager's rings to this domain out of xenstore. The manager's servers
 * leave theirs behind, and it may have so many nodes and no more.
 */
void agent_stub_forget(const struct agent_worker *w);

/* Whether there is such a note at all. */
bool agent_stub_is_whole(const struct agent_worker *w);

/* Whether the domain is what agent_stub_create() would make now. */
bool agent_stub_fits(const struct agent_worker *w);

#endif
