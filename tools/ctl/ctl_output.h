/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctl_output: what people and scripts get to see: aligned tables, JSON
 * objects of the things that the manager tells, and errors.
 */
#ifndef TOOLS_CTL_OUTPUT_H
#define TOOLS_CTL_OUTPUT_H

#include "lib/proto_admin.h"
#include "tools/ctl/ctl.h"

#include <json-c/json.h>
#include <stdio.h>

/* Prints o to standard output and puts it. */
enum err ctl_output_json(struct ctl *c, struct json_object *o) MUST_USE;

/* Prints c's message: JSON on standard output with --json, else text on standard error. */
void ctl_output_error(const struct ctl *c, enum err e);

#define CTL_TABLE_COLUMNS 8

/*
 * Rows of cells, NULL or "" meaning "-"; columns are as wide as their widest cell.
 * At most CTL_TABLE_COLUMNS of them.
 */
void ctl_output_table(FILE *f, const char *const *cells, size_t columns, size_t rows);

/* Item i's cells; text is text_size zero bytes for those that are not strings already. */
typedef void (*ctl_row_fn)(const void *items, size_t i, void *text, const char **cells);

struct ctl_table {
	const char *const *head;
	size_t columns;
	size_t text_size;
	ctl_row_fn row;
};

/* On standard output: the head, and a row for each of n items. ERR_NO_MEMORY */
enum err ctl_output_items(struct ctl *c, const struct ctl_table *t, const void *items,
			  size_t n) MUST_USE;

/* Text wrapped at 78 columns, every line after an indent. */
void ctl_output_wrapped(FILE *f, unsigned indent, const char *text);

/* A thing that is not as it should be: its name, then, indented, what that means and what to do. */
void ctl_output_gap(unsigned indent, const char *item, const char *text, const char *action);

#define CTL_UUID_TEXT 37
#define CTL_TIME_TEXT 24
#define CTL_SIZE_TEXT 24
#define CTL_WHO_TEXT  48
#define CTL_SPAN_TEXT 24

void ctl_output_uuid(const uint8_t uuid[UUID_SIZE], char out[CTL_UUID_TEXT]);
void ctl_output_time(uint64_t seconds, char out[CTL_TIME_TEXT]); /* ISO 8601, UTC */
void ctl_output_size(uint64_t bytes, char out[CTL_SIZE_TEXT]);   /* "32.0 KiB" */
void ctl_output_span(uint32_t seconds, char out[CTL_SPAN_TEXT]); /* "13 h 20 min", never less */
void ctl_output_guest(const struct guest *g, char out[CTL_WHO_TEXT]);

/* "mandatory", "running", "platform" ...; "unknown" for a value that is no such thing. */
const char *ctl_output_class(unsigned vtpm_class);
const char *ctl_output_state(unsigned vtpm_state);
const char *ctl_output_hierarchy(unsigned hierarchy);

struct json_object *ctl_output_freshness_json(const struct freshness *f);
struct json_object *ctl_output_vtpm_json(const struct admin_vtpm *v);
struct json_object *ctl_output_digest_json(const struct digest *d);

/* The PCRs of a mask, ascending. */
struct json_object *ctl_output_pcrs_json(uint32_t mask);
struct json_object *ctl_output_time_json(uint64_t seconds);

#endif
