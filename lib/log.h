/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log: what a daemon tells its operator, on standard error (systemd's journal
 * takes it from there) as "program: level: text", one line a call.
 *
 * Never a secret. A value that an outsider chose is printed with %s only after
 * it went through rbuf_str() (printable ASCII), so it cannot forge lines. What an
 * outsider can cause as often as he likes is a debug line, so he cannot fill the
 * journal.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* program must outlive the process' use of log; level is the most verbose that is printed. */
void log_init(const char *program, enum log_level level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
