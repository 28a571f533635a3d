/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flask_probe DOMID...: tries to make an event channel to each domain, and to map what it has
 * granted, and says how far it came: "DOMID: event refused, 0 grants mapped". For tests/xen/flask.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* The kernel's headers for user space leave these to libxen's. */
typedef uint16_t domid_t;
typedef uint32_t grant_ref_t;
#include <xen/evtchn.h>
#include <xen/gntdev.h>

#define REFERENCES                                                                     \
	16 /* the first ones: the console, xenstore, and what its kernel granted first \
	    */
#define PAGE 4096

/* "refused" is the hypervisor's EACCES; a domain that is not there is another error. */
static const char *event(domid_t domid)
{
	struct ioctl_evtchn_bind_unbound_port bind = {.remote_domain = domid};
	int fd = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	const char *how = "made";

	if (fd < 0 || ioctl(fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &bind) < 0)
		how = fd >= 0 && errno == EACCES ? "refused" : strerror(errno);
	if (fd >= 0)
		close(fd);
	return how;
}

static int map(int fd, domid_t domid, grant_ref_t ref)
{
	struct ioctl_gntdev_map_grant_ref m = {.count = 1, .refs = {{.domid = domid, .ref = ref}}};
	void *page;

	if (ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, &m) != 0)
		return 0;
	page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, (off_t)m.index);
	return page != MAP_FAILED && munmap(page, PAGE) == 0;
}

static int grants(domid_t domid)
{
	int fd = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);
	int n = 0;

	if (fd < 0)
		return -1;
	for (grant_ref_t ref = 0; ref < REFERENCES; ref++)
		n += map(fd, domid, ref);
	close(fd);
	return n;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		domid_t domid = (domid_t)strtoul(argv[i], NULL, 10);
		const char *how = event(domid);

		printf("%u: event %s, %d grants mapped\n", domid, how, grants(domid));
	}
	return 0;
}
