/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/xen/vchan.h"

#include "lib/number.h"
#include "lib/xen/vchan_node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <xenstore.h>

#define PAGE           4096u
#define PAGE_ORDER     12
#define ORDER_SMALL    10 /* the only two that lie in the control page, one each: */
#define ORDER_LARGE    11 /* at the offset that is their size */
#define ORDER_MAX      16
#define RING_PAGES_MAX (VCHAN_RING_MAX / PAGE)

/* Of struct vchan_interface's cli_live. */
#define CLIENT_HERE    1
#define CLIENT_AWAITED 2

/* The control page: libxenvchan's part, and behind the longest list of grants our tag. */
struct control_page {
	union {
		struct vchan_interface vchan;
		uint8_t part[512];
	};
	uint64_t tag; /* in the server's byte order: both are on one machine */
};

_Static_assert(sizeof(struct vchan_interface) + 2 * RING_PAGES_MAX * sizeof(uint32_t) <= 512,
	       "the tag lies behind the grants");
_Static_assert(sizeof(struct control_page) <= 1u << ORDER_SMALL, "and before the rings");

static enum err failed(void)
{
	return errno ? err_from_errno(errno) : ERR_IO;
}

/* A client's: whatever is not there, or not what it was. */
static enum err absent(void)
{
	enum err e = failed();

	return e == ERR_DENIED || e == ERR_NO_MEMORY ? e : ERR_NOT_FOUND;
}

static void *in_page(struct libxenvchan *v, int order)
{
	return (uint8_t *)v->ring + (1u << order);
}

/* The server. */

static int order_for(size_t ring)
{
	int order = PAGE_ORDER;

	while ((size_t)1 << order < ring)
		order++;
	return order;
}

/* Grants the pages of one ring; their references go to the control page. */
static enum err grant_ring(struct libxenvchan *v, uint32_t peer, int order, bool writable,
			   uint32_t *grants, struct libxenvchan_ring *out)
{
	uint32_t pages = 1u << (order - PAGE_ORDER);
	uint32_t refs[RING_PAGES_MAX];
	void *buffer = xengntshr_share_pages(v->gntshr, peer, (int)pages, refs, writable);

	if (!buffer)
		return failed();
	memcpy(grants, refs, pages * sizeof(refs[0]));
	out->buffer = buffer;
	out->order = order;
	return ERR_OK;
}

static enum err grant_rings(struct libxenvchan *v, uint32_t peer, size_t ring)
{
	int order = order_for(ring);
	enum err e;

	if (ring <= 1u << ORDER_SMALL) {
		v->read.order = ORDER_SMALL;
		v->read.buffer = in_page(v, ORDER_SMALL);
		v->write.order = ORDER_LARGE;
		v->write.buffer = in_page(v, ORDER_LARGE);
		return ERR_OK;
	}
	e = grant_ring(v, peer, order, true, v->ring->grants, &v->read);
	if (e)
		return e;
	return grant_ring(v, peer, order, false, v->ring->grants + (1u << (order - PAGE_ORDER)),
			  &v->write);
}

static enum err bind_server(struct libxenvchan *v, uint32_t peer)
{
	xenevtchn_port_or_error_t port;

	v->event = xenevtchn_open(NULL, 0);
	if (!v->event)
		return failed();
	port = xenevtchn_bind_unbound_port(v->event, peer);
	if (port < 0)
		return failed();
	v->event_port = (uint32_t)port;
	return xenevtchn_unmask(v->event, v->event_port) == 0 ? ERR_OK : failed();
}

/* The kernel clears srv_live and tells the peer if we die. */
static enum err share_control_page(struct libxenvchan *v, uint32_t peer, uint32_t *grant)
{
	void *page;

	v->gntshr = xengntshr_open(NULL, 0);
	if (!v->gntshr)
		return failed();
	page = xengntshr_share_page_notify(
	    v->gntshr, peer, grant, 1, offsetof(struct vchan_interface, srv_live), v->event_port);
	if (!page)
		return failed();
	memset(page, 0, PAGE);
	v->ring = page;
	return ERR_OK;
}

static void present(struct libxenvchan *v, uint64_t tag)
{
	struct control_page *page = (struct control_page *)v->ring;

	v->read.shr = &v->ring->left;
	v->write.shr = &v->ring->right;
	v->ring->left_order = (uint16_t)v->read.order;
	v->ring->right_order = (uint16_t)v->write.order;
	v->ring->cli_notify = VCHAN_NOTIFY_WRITE;
	page->tag = tag;
	v->ring->cli_live = CLIENT_AWAITED;
	__atomic_store_n(&v->ring->srv_live, 1, __ATOMIC_RELEASE);
}

static enum err write_node(struct xs_handle *xs, uint32_t peer, const char *path,
			   const struct vchan_node *node)
{
	struct xs_permissions perms[2] = {{.perms = XS_PERM_NONE},
					  {.id = peer, .perms = XS_PERM_READ}};
	char *self = xs_read(xs, XBT_NULL, "domid", NULL);
	struct vchan_node_text text = vchan_node_format(node);
	enum err e;

	if (!self)
		return failed();
	e = number_u32(self, UINT32_MAX, &perms[0].id);
	free(self);
	if (e)
		return e;
	/* A new node is ours alone until the second step. */
	if (!xs_write(xs, XBT_NULL, path, text.s, (unsigned)strlen(text.s)) ||
	    !xs_set_permissions(xs, XBT_NULL, path, perms, 2))
		return failed();
	return ERR_OK;
}

/*
 * The node stays when the ring is closed, as it does when the server dies: its tag says that
 * there is nothing any more. Were it in xs_path, the library would open xenstore to remove it,
 * and a server that has entered its sandbox would be killed for that.
 */
static enum err publish(uint32_t peer, const char *path, const struct vchan_node *node)
{
	struct xs_handle *xs = xs_open(0);
	enum err e;

	if (!xs)
		return failed();
	e = write_node(xs, peer, path, node);
	xs_close(xs);
	return e;
}

static enum err serve(struct libxenvchan *v, uint32_t peer, const char *path, size_t ring)
{
	struct vchan_node node = {0};
	enum err e = ERR_IO;

	if (getrandom(&node.tag, sizeof(node.tag), 0) == sizeof(node.tag))
		e = bind_server(v, peer);
	if (!e)
		e = share_control_page(v, peer, &node.grant);
	if (!e)
		e = grant_rings(v, peer, ring);
	if (e)
		return e;
	node.port = v->event_port;
	present(v, node.tag);
	return publish(peer, path, &node);
}

enum err vchan_serve(uint32_t peer, const char *path, size_t ring, struct libxenvchan **out)
{
	struct libxenvchan *v;
	enum err e;

	if (ring > VCHAN_RING_MAX)
		return ERR_ARG;
	v = calloc(1, sizeof(*v));
	if (!v)
		return ERR_NO_MEMORY;
	v->is_server = 1;
	errno = 0;
	e = serve(v, peer, path, ring);
	if (e)
		libxenvchan_close(v);
	else
		*out = v;
	return e;
}

static void empty(struct libxenvchan_ring *r)
{
	r->shr->prod = r->shr->cons = 0;
}

/*
 * A client that has gone has closed its end of the event channel, which can be bound again. One
 * that is only about to unmap the page clears its flag once more: then it is seen to be gone again.
 */
enum err vchan_offer_again(struct libxenvchan *v)
{
	const struct control_page *page = (const struct control_page *)v->ring;

	if (!v->is_server || v->ring->cli_live != 0)
		return ERR_STATE;
	empty(&v->read);
	empty(&v->write);
	present(v, page->tag);
	return ERR_OK;
}

/* The client. */

static enum err read_node(const char *path, struct vchan_node *out)
{
	struct xs_handle *xs = xs_open(0);
	char *text;
	enum err e;

	if (!xs)
		return failed();
	text = xs_read(xs, XBT_NULL, path, NULL);
	e = text && !vchan_node_parse(text, out) ? ERR_OK : ERR_NOT_FOUND;
	free(text);
	xs_close(xs);
	return e;
}

/*
 * Whether the page behind the grant is this node's, and nobody has joined it. Only to look: a
 * page mapped in order to be used tells its server, when it is unmapped, that the client has gone.
 */
static enum err look_at(xengnttab_handle *gnttab, uint32_t server, const struct vchan_node *node)
{
	const struct control_page *page =
	    xengnttab_map_grant_ref(gnttab, server, node->grant, PROT_READ);
	bool ours;

	if (!page)
		return absent();
	ours = page->tag == node->tag && page->vchan.cli_live == CLIENT_AWAITED &&
	       page->vchan.srv_live == 1;
	xengnttab_unmap(gnttab, (void *)(uintptr_t)page, 1);
	return ours ? ERR_OK : ERR_NOT_FOUND;
}

static enum err bind_client(struct libxenvchan *v, uint32_t server, uint32_t remote)
{
	xenevtchn_port_or_error_t port;

	v->event = xenevtchn_open(NULL, 0);
	if (!v->event)
		return failed();
	port = xenevtchn_bind_interdomain(v->event, server, remote);
	if (port < 0)
		return absent();
	v->event_port = (uint32_t)port;
	return xenevtchn_unmask(v->event, v->event_port) == 0 ? ERR_OK : failed();
}

static enum err map_ring(struct libxenvchan *v, uint32_t server, int order, int prot,
			 const uint32_t *grants, struct libxenvchan_ring *out)
{
	uint32_t pages = 1u << (order - PAGE_ORDER);
	uint32_t refs[RING_PAGES_MAX];
	void *buffer;

	memcpy(refs, grants, pages * sizeof(refs[0]));
	buffer = xengnttab_map_domain_grant_refs(v->gnttab, pages, server, refs, prot);
	if (!buffer)
		return absent();
	out->buffer = buffer;
	out->order = order;
	return ERR_OK;
}

static bool in_pages(int order)
{
	return order >= PAGE_ORDER && order <= ORDER_MAX;
}

/* left and right: as the server says, read once. */
static enum err map_rings(struct libxenvchan *v, uint32_t server, int left, int right)
{
	enum err e;

	if (left == ORDER_SMALL && right == ORDER_LARGE) {
		v->write.order = left;
		v->write.buffer = in_page(v, left);
		v->read.order = right;
		v->read.buffer = in_page(v, right);
		return ERR_OK;
	}
	if (!in_pages(left) || !in_pages(right))
		return ERR_FORMAT;
	e = map_ring(v, server, left, PROT_READ | PROT_WRITE, v->ring->grants, &v->write);
	if (e)
		return e;
	return map_ring(v, server, right, PROT_READ, v->ring->grants + (1u << (left - PAGE_ORDER)),
			&v->read);
}

static enum err join(struct libxenvchan *v, uint32_t server, const struct vchan_node *node)
{
	enum err e;

	v->gnttab = xengnttab_open(NULL, 0);
	if (!v->gnttab)
		return failed();
	e = look_at(v->gnttab, server, node);
	if (!e)
		e = bind_client(v, server, node->port);
	if (e)
		return e;
	v->ring = xengnttab_map_grant_ref_notify(
	    v->gnttab, server, node->grant, PROT_READ | PROT_WRITE,
	    offsetof(struct vchan_interface, cli_live), v->event_port);
	if (!v->ring)
		return absent();
	v->write.shr = &v->ring->left;
	v->read.shr = &v->ring->right;
	return map_rings(v, server, *(volatile uint16_t *)&v->ring->left_order,
			 *(volatile uint16_t *)&v->ring->right_order);
}

static void announce(struct libxenvchan *v)
{
	v->ring->srv_notify = VCHAN_NOTIFY_WRITE;
	v->ring->cli_live = CLIENT_HERE;
	xenevtchn_notify(v->event, v->event_port);
}

enum err vchan_join(uint32_t server, const char *path, struct libxenvchan **out)
{
	struct libxenvchan *v = calloc(1, sizeof(*v));
	struct vchan_node node;
	enum err e;

	if (!v)
		return ERR_NO_MEMORY;
	errno = 0;
	e = read_node(path, &node);
	if (!e)
		e = join(v, server, &node);
	if (e) {
		libxenvchan_close(v);
		return e;
	}
	announce(v);
	*out = v;
	return ERR_OK;
}
