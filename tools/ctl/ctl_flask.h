/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ctl_flask: what a FLASK policy for Xen 4.17 consists of, as tables: the hypervisor's numbering,
 * and our rules. Text with '@' in it is a template: '@' stands for the name of a domain or a
 * stakeholder.
 */
#ifndef TOOLS_CTL_FLASK_H
#define TOOLS_CTL_FLASK_H

/* The hypervisor numbers both by their order; each table ends with a row whose name is NULL. */
struct flask_class {
	const char *name;
	const char *permissions; /* in order */
};
struct flask_sid {
	const char *name;
	const char *role;
	const char *type;
};
extern const struct flask_class flask_classes[];
extern const struct flask_sid flask_sids[];

/* allow source target:class { permissions }; ends with a row whose source is NULL. */
struct flask_rule {
	const char *source;
	const char *target;
	const char *class;
	const char *permissions;
	const char *why; /* a comment before the rule; NULL: goes with the rule before */
};
extern const struct flask_rule flask_dom0_rules[];
extern const struct flask_rule flask_domain_rules[]; /* of every domain that dom0 builds; @: its
						      * name, "guest_bank" */

/*
 * Two domains that talk: each has a type of event channel for its own end, and the one that maps
 * may map what the other grants, never the other way round.
 */
struct flask_channel {
	const char *granter;
	const char *mapper;
	const char *granter_end;
	const char *mapper_end;
	const char *grants; /* what the mapper may do */
	const char *why;
};
extern const struct flask_channel flask_dom0_channel;    /* @: the domain's name */
extern const struct flask_channel flask_guest_channel;   /* @: the stakeholder's */
extern const struct flask_channel flask_manager_channel; /* @: the stakeholder's */

#endif
