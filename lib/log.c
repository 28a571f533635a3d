/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

static const char *const level_names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

/* Set once, in main: a log line has no context that could carry it. */
static struct {
	const char *program;
	enum log_level level;
} settings = {"vtpmmgr", LOG_LEVEL_INFO};

void log_init(const char *program, enum log_level level)
{
	settings.program = program;
	settings.level = level;
}

/* One call, one line: whatever could end or recolour it becomes '?'. */
static void flatten(char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
}

static size_t clamp(int printed, size_t max)
{
	if (printed < 0)
		return 0;
	return (size_t)printed < max ? (size_t)printed : max;
}

__attribute__((format(printf, 2, 0))) static void print(enum log_level level, const char *format,
							va_list args)
{
	char line[LINE_MAX_BYTES];
	size_t room = sizeof(line) - 1; /* the newline's place */
	size_t len;
	ssize_t written;

	if (level > settings.level)
		return;
	len =
	    clamp(snprintf(line, room, "%s: %s: ", settings.program, level_names[level]), room - 1);
	len += clamp(vsnprintf(line + len, room - len, format, args), room - len - 1);
	flatten(line, len);
	line[len++] = '\n';
	/* A log that cannot be written is no reason to stop serving. */
	written = write(STDERR_FILENO, line, len);
	(void)written;
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(LOG_LEVEL_ERROR, format, args);
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(LOG_LEVEL_WARNING, format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(LOG_LEVEL_INFO, format, args);
	va_end(args);
}

void log_debug(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(LOG_LEVEL_DEBUG, format, args);
	va_end(args);
}
