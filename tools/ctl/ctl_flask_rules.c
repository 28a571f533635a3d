/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_flask_rules: who may do what, in the policy that 'vtpmctl policy flask' writes. */
#include "tools/ctl/ctl_flask.h"

#include <stddef.h>

const struct flask_rule flask_dom0_rules[] = {
    {"xenboot_t", "dom0_t", "domain", "create", "The hypervisor, as it starts, makes dom0."},
    {"dom0_t", "xen_t", "xen", "settime writeconsole readconsole clearconsole",
     "The machine's clock and console."},
    {"dom0_t", "xen_t", "xen", "physinfo getscheduler cpupool_op",
     "What xl asks about the machine."},
    {"dom0_t", "xen_t", "version",
     "xen_extraversion xen_compile_info xen_capabilities xen_changeset xen_pagesize "
     "xen_guest_handle xen_commandline xen_build_id",
     NULL},
    {"dom0_t", "domxen_t", "domain", "getdomaininfo", "xl list goes on until there is no more."},
    {"dom0_t", "security_t", "security", "check_context load_policy",
     "Labels become numbers and back; 'xl loadpolicy'."},
    {"dom0_t", "dom0_t", "domain", "getdomaininfo getvcpuinfo getaffinity getscheduler",
     "dom0 itself: lists, memory, ring pages."},
    {"dom0_t", "dom0_t", "mmu", "adjust physmap", NULL},
    {"dom0_t", "dom0_t", "hvm", "getparam", NULL},
    {"dom0_t", "dom0_t", "grant", "setup query", NULL},
    {"dom0_t", "dom0_t", "event", "create bind send",
     "Its own xenstore. No type of its own: a policy may be loaded after the channel was made."},
    {"dom0_t", "unlabeled_t", "domain", "getdomaininfo pause destroy",
     "A domain whose label a newly loaded policy does not have: it can be ended."},
    {"dom0_t", "unlabeled_t", "grant", "unmap", NULL},
    {0},
};

const struct flask_rule flask_domain_rules[] = {
    {"dom0_t", "@_t", "domain",
     "create max_vcpus setdomainmaxmem setvcpucontext setaffinity setaddrsize setpagingmempool",
     "xl builds it,"},
    {"dom0_t", "@_t", "domain2", "setscheduler cacheflush resource_map", NULL},
    {"dom0_t", "@_t", "hvm", "setparam", NULL},
    {"dom0_t", "@_t", "mmu", "map_read map_write adjust physmap", NULL},
    {"dom0_t", "event_to_dom0_@_t", "event", "create", NULL},
    {"dom0_t", "@_t", "domain", "unpause pause destroy", "runs and ends it,"},
    {"dom0_t", "@_t", "domain", "getdomaininfo getvcpuinfo getaffinity getscheduler",
     "and lists it."},
    {"dom0_t", "event_from_dom0_@_t", "event", "status", "The console daemon asks for it."},
    {"@_t", "self_@_t", "mmu", "adjust stat physmap",
     "Its kernel, about itself: memory, parameters, grants."},
    {"@_t", "self_@_t", "hvm", "getparam", NULL},
    {"@_t", "self_@_t", "grant", "setup query", NULL},
    {"@_t", "dom0_t", "grant", "copy",
     "The other half of a network backend's copies: the hypervisor asks for source and target."},
    {"@_t", "xen_t", "version",
     "xen_extraversion xen_compile_info xen_capabilities xen_pagesize xen_guest_handle",
     "The hypervisor's version, but not how it was started."},
    {0},
};

const struct flask_channel flask_dom0_channel = {
    .granter = "@_t",
    .mapper = "dom0_t",
    .granter_end = "event_to_dom0_@_t",
    .mapper_end = "event_from_dom0_@_t",
    .grants = "map_read map_write unmap copy",
    .why = "Console, xenstore, disks and networks, with their backends in dom0.",
};

const struct flask_channel flask_guest_channel = {
    .granter = "guest_@_t",
    .mapper = "vtpm_@_t",
    .granter_end = "event_guest_vtpm_@_t",
    .mapper_end = "event_vtpm_guest_@_t",
    .grants = "map_read map_write unmap",
    .why = "The guests' TPM: the guest grants the ring, the stub domain maps it.",
};

const struct flask_channel flask_manager_channel = {
    .granter = "vtpmmgr_t",
    .mapper = "vtpm_@_t",
    .granter_end = "event_manager_vtpm_@_t",
    .mapper_end = "event_vtpm_manager_@_t",
    .grants = "map_read map_write unmap",
    .why = "The rings between manager and stub domain: the manager grants them.",
};
