/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * approval_print: what lib/anchor and lib/approval compute, one "name hex" a
 * line, for tests/integration/approval to compare with a TPM.
 *
 *	approval_print platform|owner PCR-MASK PCR-DIGEST VERSION X Y
 */
#include "lib/anchor.h"
#include "lib/approval.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_hex(const char *text, uint8_t out[32])
{
	if (strlen(text) != 64)
		return false;
	for (size_t i = 0; i < 32; i++)
		if (sscanf(text + 2 * i, "%2hhx", &out[i]) != 1)
			return false;
	return true;
}

static void print_hex(const char *name, enum err e, const uint8_t *bytes, size_t len)
{
	if (e != ERR_OK) {
		fprintf(stderr, "%s: %s\n", name, err_text(e));
		exit(1);
	}
	printf("%s ", name);
	for (size_t i = 0; i < len; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

static void print_anchor(enum hierarchy h)
{
	uint8_t name[TPM_NAME_SIZE];
	struct digest policy;

	print_hex("a_name", anchor_a_name(h, name), name, sizeof(name));
	print_hex("v_policy", anchor_v_policy(h, &policy), policy.b, DIGEST_SIZE);
	print_hex("v_name", anchor_v_name(h, name), name, sizeof(name));
	printf("a_index 0x%08x\n", anchor_handles(h).a);
	printf("v_index 0x%08x\n", anchor_handles(h).v);
	printf("a_attributes 0x%08x\n", anchor_a_attributes(h));
	printf("v_attributes 0x%08x\n", anchor_v_attributes(h));
}

static void print_approval(const struct approval *a, enum hierarchy h)
{
	struct digest d;

	print_hex("approval_policy", approval_policy(a, h, &d), d.b, DIGEST_SIZE);
	print_hex("approval_digest", approval_digest(a, h, &d), d.b, DIGEST_SIZE);
}

static void print_authority(const struct crypt_point *key)
{
	uint8_t name[TPM_NAME_SIZE];
	uint8_t public_area[128];
	struct digest d;
	size_t len = 0;
	enum err e = authority_public(key, public_area, sizeof(public_area), &len);

	print_hex("authority_name", authority_name(key, name), name, sizeof(name));
	print_hex("authority_policy", authority_policy(key, &d), d.b, DIGEST_SIZE);
	print_hex("authority_public", e, public_area, len);
}

int main(int argc, char **argv)
{
	struct approval a = {0};
	struct crypt_point key;
	enum hierarchy h;

	if (argc != 7 || !parse_hex(argv[3], a.pcr_digest.b) || !parse_hex(argv[5], key.x) ||
	    !parse_hex(argv[6], key.y)) {
		fprintf(stderr, "usage: approval_print platform|owner MASK DIGEST VERSION X Y\n");
		return 2;
	}
	h = strcmp(argv[1], "platform") == 0 ? HIERARCHY_PLATFORM : HIERARCHY_OWNER;
	a.pcrs = (uint32_t)strtoul(argv[2], NULL, 0);
	a.version = strtoull(argv[4], NULL, 0);
	print_anchor(h);
	print_approval(&a, h);
	print_authority(&key);
	return 0;
}
