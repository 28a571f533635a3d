/* SPDX-License-Identifier: BSD-3-Clause */
/* ctl_flask_numbers: Xen 4.17's security classes, permissions and initial SIDs, in its order. */
#include "tools/ctl/ctl_flask.h"

#include <stddef.h>

const struct flask_class flask_classes[] = {
    {"xen", "settime tbufcontrol readconsole clearconsole perfcontrol mtrr_add mtrr_del mtrr_read "
	    "microcode physinfo quirk writeconsole readapic writeapic privprofile nonprivprofile "
	    "kexec firmware sleep frequency getidle debug getcpuinfo heap pm_op mca_op lockprof "
	    "cpupool_op hypfs_op getscheduler setscheduler"},
    {"xen2", "resource_op psr_cmt_op psr_alloc get_symbol pmu_ctrl pmu_use get_cpu_levelling_caps "
	     "get_cpu_featureset livepatch_op coverage_op"},
    {"domain", "setvcpucontext pause unpause resume create transition max_vcpus destroy "
	       "setaffinity getaffinity getscheduler getdomaininfo getvcpuinfo getvcpucontext "
	       "setdomainmaxmem setdomainhandle setdebugging hypercall settime set_target shutdown "
	       "setaddrsize getaddrsize trigger getpodtarget setpodtarget set_misc_info "
	       "set_virq_handler getpagingmempool setpagingmempool"},
    {"domain2", "relabelfrom relabelto relabelself make_priv_for set_as_target set_cpu_policy "
		"gettsc settsc setscheduler setclaim cacheflush create_hardware_domain "
		"set_vnumainfo get_vnumainfo psr_cmt_op vm_event soft_reset mem_access mem_paging "
		"mem_sharing psr_alloc resource_map get_cpu_policy"},
    {"hvm", "sethvmc gethvmc setparam getparam bind_irq hvmctl mem_sharing audit_p2m share_mem "
	    "altp2mhvm altp2mhvm_op dm"},
    {"mmu", "map_read map_write pageinfo adjust stat updatemp physmap pinpage memorymap "
	    "remote_remap mmuext_op exchange target_hack"},
    {"resource", "add remove use use_iommu use_iommu_nointremap use_noiommu add_irq remove_irq "
		 "add_ioport remove_ioport add_iomem remove_iomem stat_device add_device "
		 "remove_device plug unplug setup"},
    {"shadow", "disable enable logdirty"},
    {"event", "bind send status create reset"},
    {"grant", "map_read map_write unmap transfer setup copy query"},
    {"security", "compute_av compute_create compute_member check_context load_policy "
		 "compute_relabel setenforce setbool setsecparam add_ocontext del_ocontext"},
    {"version", "xen_extraversion xen_compile_info xen_capabilities xen_changeset xen_pagesize "
		"xen_guest_handle xen_commandline xen_build_id"},
    {"argo", "enable register_single_source register_any_source send"},
    {0},
};

const struct flask_sid flask_sids[] = {
    {"xenboot", "system_r", "xenboot_t"},   {"xen", "system_r", "xen_t"},
    {"dom0", "system_r", "dom0_t"},         {"domio", "system_r", "domio_t"},
    {"domxen", "system_r", "domxen_t"},     {"unlabeled", "system_r", "unlabeled_t"},
    {"security", "system_r", "security_t"}, {"ioport", "object_r", "ioport_t"},
    {"iomem", "object_r", "iomem_t"},       {"irq", "object_r", "irq_t"},
    {"device", "object_r", "device_t"},     {"domU", "system_r", "domU_t"},
    {"domDM", "system_r", "domDM_t"},       {0},
};
