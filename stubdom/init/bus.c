/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/init/bus.h"

static void nothing(struct bus *b)
{
	(void)b;
}

static void execute(struct bus *b)
{
	emulator_submit(b->tpm, b->tpmif.locality, b->tpmif.packet, b->tpmif.len);
}

static void give_up(struct bus *b)
{
	emulator_cancel(b->tpm);
}

static void notify(struct bus *b)
{
	b->notify(b->arg);
}

static void (*const deeds[])(struct bus *b) = {
    [TPMIF_WAIT] = nothing,
    [TPMIF_EXECUTE] = execute,
    [TPMIF_GIVE_UP] = give_up,
    [TPMIF_NOTIFY] = notify,
};

void bus_event(struct bus *b)
{
	if (b->page)
		deeds[tpmif_look(&b->tpmif, b->page)](b);
}

void bus_attach(struct bus *b, volatile uint8_t *page, void (*notify_fn)(void *arg), void *arg)
{
	tpmif_init(&b->tpmif);
	b->page = page;
	b->notify = notify_fn;
	b->arg = arg;
	bus_event(b);
}

void bus_detach(struct bus *b)
{
	emulator_forget(b->tpm);
	b->page = NULL;
}

void bus_answer(struct bus *b, const uint8_t *response, size_t len)
{
	if (b->page)
		deeds[tpmif_answer(&b->tpmif, b->page, response, len)](b);
}
