/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/init/options.h"

#include "lib/number.h"

#include <stdbool.h>
#include <string.h>

#define SPACES " \t\n"

enum option { MANAGER, LOG, NOPTIONS };

static const struct {
	const char *key;
	uint64_t max;
} keys[NOPTIONS] = {
    [MANAGER] = {"vtpm.manager=", OPTIONS_DOMID_MAX},
    [LOG] = {"vtpm.log=", LOG_LEVEL_DEBUG},
};

/* false: it is one of ours, and wrong. */
static bool take_word(const char *word, size_t len, uint64_t values[NOPTIONS], bool *named)
{
	for (int i = 0; i < NOPTIONS; i++) {
		size_t key = strlen(keys[i].key);

		if (len < key || memcmp(word, keys[i].key, key) != 0)
			continue;
		*named = *named || i == MANAGER;
		return len > key &&
		       number_prefix(word + key, 10, keys[i].max, &values[i]) == len - key;
	}
	return true;
}

enum err options_parse(const char *cmdline, struct options *out)
{
	uint64_t values[NOPTIONS] = {[LOG] = LOG_LEVEL_INFO};
	bool named = false;

	for (cmdline += strspn(cmdline, SPACES); *cmdline; cmdline += strspn(cmdline, SPACES)) {
		size_t len = strcspn(cmdline, SPACES);

		if (!take_word(cmdline, len, values, &named))
			return ERR_ARG;
		cmdline += len;
	}
	if (!named)
		return ERR_ARG;
	*out = (struct options){(uint32_t)values[MANAGER], (enum log_level)values[LOG]};
	return ERR_OK;
}
