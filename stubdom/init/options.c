/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/init/options.h"

#include <string.h>

#define SPACES " \t\n"

bool options_number(const char *text, size_t len, uint32_t max, uint32_t *out)
{
	uint64_t n = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(text[i] - '0');
		if (n > max)
			return false;
	}
	*out = (uint32_t)n;
	return true;
}

enum option { MANAGER, LOG, NOPTIONS };

static const struct {
	const char *key;
	uint32_t max;
} keys[NOPTIONS] = {
    [MANAGER] = {"vtpm.manager=", OPTIONS_DOMID_MAX},
    [LOG] = {"vtpm.log=", LOG_LEVEL_DEBUG},
};

/* false: it is one of ours, and wrong. */
static bool take_word(const char *word, size_t len, uint32_t values[NOPTIONS], bool *named)
{
	for (int i = 0; i < NOPTIONS; i++) {
		size_t key = strlen(keys[i].key);

		if (len < key || memcmp(word, keys[i].key, key) != 0)
			continue;
		*named = *named || i == MANAGER;
		return options_number(word + key, len - key, keys[i].max, &values[i]);
	}
	return true;
}

enum err options_parse(const char *cmdline, struct options *out)
{
	uint32_t values[NOPTIONS] = {[LOG] = LOG_LEVEL_INFO};
	bool named = false;

	for (cmdline += strspn(cmdline, SPACES); *cmdline; cmdline += strspn(cmdline, SPACES)) {
		size_t len = strcspn(cmdline, SPACES);

		if (!take_word(cmdline, len, values, &named))
			return ERR_ARG;
		cmdline += len;
	}
	if (!named)
		return ERR_ARG;
	*out = (struct options){values[MANAGER], (enum log_level)values[LOG]};
	return ERR_OK;
}
