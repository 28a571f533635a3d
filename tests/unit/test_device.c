/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/init/device.h"

#include "stubdom/init/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define STATES (XENBUS_CLOSED + 1)

static struct device_view view(enum xenbus_state backend, enum xenbus_state frontend)
{
	return (struct device_view){.backend = backend,
				    .frontend = frontend,
				    .online = true,
				    .allowed = true,
				    .free = true};
}

static struct device_view connected(enum xenbus_state frontend)
{
	struct device_view v = view(XENBUS_CONNECTED, frontend);

	v.connected = true;
	v.free = false;
	return v;
}

/* Whatever the frontend says, and whoever it is: libxl gives up after 10 s. */
static void a_new_device_is_offered_at_once(void **state)
{
	(void)state;
	for (int f = 0; f < STATES; f++) {
		struct device_view v = view(XENBUS_INITIALISING, (enum xenbus_state)f);

		assert_int_equal(device_next(&v), DEVICE_OFFER);
		v.allowed = v.free = false;
		assert_int_equal(device_next(&v), DEVICE_OFFER);
		v.connected = true;
		assert_int_equal(device_next(&v), DEVICE_OFFER);
	}
}

static bool ready(int frontend)
{
	return frontend == XENBUS_INITIALISED || frontend == XENBUS_CONNECTED;
}

static void a_frontend_is_connected_when_it_is_ready(void **state)
{
	(void)state;
	for (int f = 0; f < STATES; f++) {
		struct device_view v = view(XENBUS_INIT_WAIT, (enum xenbus_state)f);

		assert_int_equal(device_next(&v), ready(f) ? DEVICE_CONNECT : DEVICE_REST);
	}
}

static void nobody_else_is_connected(void **state)
{
	struct device_view v = view(XENBUS_INIT_WAIT, XENBUS_INITIALISED);

	(void)state;
	v.allowed = false;
	assert_int_equal(device_next(&v), DEVICE_REST);
	v.allowed = true;
	v.free = false;
	assert_int_equal(device_next(&v), DEVICE_REST);
}

static void a_frontend_that_leaves_is_released(void **state)
{
	(void)state;
	for (int f = 0; f < STATES; f++) {
		struct device_view v = connected((enum xenbus_state)f);

		assert_int_equal(device_next(&v), ready(f) ? DEVICE_REST : DEVICE_RELEASE);
	}
}

static void who_is_the_guest_no_more_is_released(void **state)
{
	struct device_view v = connected(XENBUS_CONNECTED);

	(void)state;
	v.allowed = false;
	assert_int_equal(device_next(&v), DEVICE_RELEASE);
}

/* A detached device, a destroyed domain: whatever the frontend says. */
static void what_libxl_takes_away_ends(void **state)
{
	(void)state;
	for (int f = 0; f < STATES; f++) {
		struct device_view v = connected((enum xenbus_state)f);

		v.backend = XENBUS_CLOSING;
		v.online = false;
		v.late = true;
		assert_int_equal(device_next(&v), DEVICE_END);
		v.backend = XENBUS_INIT_WAIT;
		assert_int_equal(device_next(&v), DEVICE_END);
		v.online = true;
		v.backend = XENBUS_CLOSING;
		assert_int_equal(device_next(&v), DEVICE_END);
		v.backend = XENBUS_CLOSED;
		assert_int_equal(device_next(&v), DEVICE_END);
		v.connected = false;
		assert_int_equal(device_next(&v), DEVICE_REST);
	}
}

/* What it has under way is answered first; nobody else's end is waited for. */
static void a_frontend_lets_go_before_it_ends(void **state)
{
	(void)state;
	for (int f = 0; f < STATES; f++) {
		struct device_view v = connected((enum xenbus_state)f);

		v.backend = XENBUS_CLOSING;
		v.online = false;
		assert_int_equal(device_next(&v), ready(f) ? DEVICE_PART : DEVICE_END);
		v.allowed = false;
		assert_int_equal(device_next(&v), DEVICE_END);
		v.allowed = true;
		v.connected = false;
		assert_int_equal(device_next(&v), DEVICE_END);
		v.connected = true;
		v.backend = XENBUS_CLOSED;
		assert_int_equal(device_next(&v), DEVICE_END);
	}
}

/* To write its state would create it again. */
static void a_directory_that_has_gone_is_not_written_to(void **state)
{
	(void)state;
	for (int f = 0; f < STATES; f++) {
		struct device_view v = connected((enum xenbus_state)f);

		v.backend = XENBUS_UNKNOWN;
		assert_int_equal(device_next(&v), DEVICE_FORGET);
		v.online = v.connected = false;
		assert_int_equal(device_next(&v), DEVICE_FORGET);
	}
}

static void a_reload_of_the_driver_goes_once_round(void **state)
{
	struct device_view v = connected(XENBUS_CLOSED);

	(void)state;
	assert_int_equal(device_next(&v), DEVICE_RELEASE);
	v = view(XENBUS_INIT_WAIT, XENBUS_CLOSED);
	assert_int_equal(device_next(&v), DEVICE_REST);
	v.frontend = XENBUS_INITIALISED;
	assert_int_equal(device_next(&v), DEVICE_CONNECT);
}

static void states_are_one_digit(void **state)
{
	static const char *const none[] = {"", "7", "10", "04", "4 ", " 4", "-1", "a", "4\n"};

	(void)state;
	assert_int_equal(device_state(NULL), XENBUS_UNKNOWN);
	assert_int_equal(device_state("0"), XENBUS_UNKNOWN);
	assert_int_equal(device_state("4"), XENBUS_CONNECTED);
	assert_int_equal(device_state("6"), XENBUS_CLOSED);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(device_state(none[i]), XENBUS_UNKNOWN);
}

static void the_command_line_names_the_manager(void **state)
{
	static const char *const wrong[] = {"",
					    "console=hvc0",
					    "vtpm.manager=",
					    "vtpm.manager=x",
					    "vtpm.manager=32752",
					    "xvtpm.manager=1",
					    "vtpm.manager=1 vtpm.log=4",
					    "vtpm.manager=1 vtpm.log="};
	struct options o;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(options_parse(wrong[i], &o), ERR_ARG);
	assert_int_equal(options_parse(" console=hvc0  vtpm.manager=3 quiet\n", &o), ERR_OK);
	assert_int_equal(o.manager, 3);
	assert_int_equal(o.level, LOG_LEVEL_INFO);
	assert_int_equal(options_parse("vtpm.log=3 vtpm.manager=32751", &o), ERR_OK);
	assert_int_equal(o.manager, 32751);
	assert_int_equal(o.level, LOG_LEVEL_DEBUG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_new_device_is_offered_at_once),
	    cmocka_unit_test(a_frontend_is_connected_when_it_is_ready),
	    cmocka_unit_test(nobody_else_is_connected),
	    cmocka_unit_test(a_frontend_that_leaves_is_released),
	    cmocka_unit_test(who_is_the_guest_no_more_is_released),
	    cmocka_unit_test(what_libxl_takes_away_ends),
	    cmocka_unit_test(a_frontend_lets_go_before_it_ends),
	    cmocka_unit_test(a_directory_that_has_gone_is_not_written_to),
	    cmocka_unit_test(a_reload_of_the_driver_goes_once_round),
	    cmocka_unit_test(states_are_one_digit),
	    cmocka_unit_test(the_command_line_names_the_manager),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
