#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What a machine says of itself once it is up. guest=first: nothing has been set up yet; guest=again:
# what the first run has set up is there.
export HOME=/root

# check DESCRIPTION COMMAND...
check() {
	local what=$1
	shift
	if "$@" >/run/out 2>&1; then
		echo "ok: $what"
	else
		echo "not ok: $what: exit $?: $*"
		cat /run/out
	fi
}

within() {
	local i
	for ((i = 0; i < $1; i++)); do
		"${@:2}" >/dev/null 2>&1 && return
		sleep 1
	done
	return 1
}

works() {
	local socket
	socket=$(vtpmctl show mine --json | jq -er .path) || return
	TPM2TOOLS_TCTI=swtpm:path=$socket tpm2_getrandom 8
}

counter() {
	TPM2TOOLS_TCTI=swtpm:path=$(vtpmctl show mine --json | jq -er .path) "$@"
}

security() {
	systemd-analyze security --no-pager "$1" | grep 'Overall exposure' | sed 's/^/#: /'
}

set_up() {
	openssl ecparam -name prime256v1 -genkey -noout -out /root/authority.pem &&
		openssl ec -in /root/authority.pem -pubout -out /root/authority.pub.pem &&
		vtpmctl platform pcrs -o /root/pcrs.json &&
		vtpmctl platform sign-pcrs --key /root/authority.pem --pcrs /root/pcrs.json \
			--version 1 --hierarchy owner -o /root/approval.json &&
		vtpmctl platform init --authority /root/authority.pub.pem \
			--approval /root/approval.json --allow-owner-hierarchy
}

units() {
	systemd-analyze verify --man=no --recursive-errors=no /lib/systemd/system/{ptpm-proxy,vtpmmgr,vtpmmgr-agent}.service &&
		systemd-analyze verify --man=no --recursive-errors=no vtpm-bridge@tpm1.service
}

# is UNIT PROPERTY VALUE
is() {
	local value
	value=$(systemctl show --value -p "$2" "$1") && echo "$2: $value" && [ "$value" = "$3" ]
}

# Without Xen the agent is not to be started, and that is no failure.
agent_waits() {
	systemctl is-enabled vtpmmgr-agent && systemctl start vtpmmgr-agent &&
		is vtpmmgr-agent ActiveState inactive && is vtpmmgr-agent ConditionResult no &&
		journalctl -b -u vtpmmgr-agent | grep 'skipped because .*ConditionPathExists=/proc/xen'
}

# Where it is started all the same.
agent_says_why() {
	local dir=/run/systemd/system/vtpmmgr-agent.service.d
	mkdir -p "$dir" && printf '[Unit]\nConditionPathExists=\n[Service]\nRestart=no\n' >"$dir/start.conf" &&
		systemctl daemon-reload && systemctl start vtpmmgr-agent || return
	within 300 is vtpmmgr-agent ActiveState failed && is vtpmmgr-agent ExecMainStatus 1 &&
		journalctl -b -u vtpmmgr-agent | grep 'xenstored is not there'
}

no_bridge() {
	systemctl list-units --all --plain --no-legend 'vtpm-bridge@*' >/run/bridges && [ ! -s /run/bridges ]
}

# A second TPM, which a rule of this machine takes for one of Xen's frontend.
second_tpm() {
	modprobe tpm_vtpm_proxy && mkdir /run/second && systemd-run -q --unit second-tpm swtpm chardev --vtpm-proxy --tpm2 \
		--tpmstate dir=/run/second && within 300 test -c /dev/tpm1
}

bridged() {
	within 300 test -c /dev/tpmrm2 && TPM2TOOLS_TCTI=device:/dev/tpmrm2 tpm2_getrandom 8
}

bridge_ends() {
	systemctl stop second-tpm && within 300 test ! -e /dev/tpm1 && within 300 test ! -e /dev/tpmrm2 &&
		within 300 is_down vtpm-bridge@tpm1
}

is_down() {
	is "$1" ActiveState inactive || is "$1" ActiveState failed
}

bridge() {
	check "udev starts no bridge for this machine's own TPM" no_bridge
	check "a second TPM" second_tpm
	check "udev starts a bridge for it" up vtpm-bridge@tpm1
	check "which makes a TPM 2.0 device" bridged
	security vtpm-bridge@tpm1.service
	check "and ends with it" bridge_ends
}

first() {
	check "the platform is set up on this machine's own TPM" set_up
	check "a vTPM of the policy that was installed" vtpmctl create mine --stakeholder owner --user root
	check "it starts" vtpmctl start mine
	check "and answers" works
	check "a counter" counter tpm2_nvdefine -Q 0x1500001 -C o -s 8 -a 'ownerread|ownerwrite|nt=counter'
	check "which counts" counter tpm2_nvincrement -Q 0x1500001 -C o
	check "the units say nothing that systemd does not know" units
	check "the agent is not started without Xen" agent_waits
	check "and says what it misses if it is" agent_says_why
	bridge
	security vtpmmgr.service
	security ptpm-proxy.service
	security vtpmmgr-agent.service
}

again() {
	check "the store is open" within 300 sh -c \
		'vtpmctl status --json | jq -e ".coverage[] | select(.item == \"open\").covered"'
	check "the vTPM starts" vtpmctl start mine
	check "its counter goes on" counter tpm2_nvincrement -Q 0x1500001 -C o
	check "from where it was" sh -c \
		'vtpmctl show mine --json | jq -e ".version > 1"'
}

check "this machine's TPM" within 300 test -c /dev/tpmrm0
up() {
	within 300 systemctl is-active "$1" && return
	systemctl status --no-pager --lines 30 "$1"
	return 1
}

check "ptpm-proxy is up" up ptpm-proxy
check "vtpmmgr is up" up vtpmmgr
check "the man pages are there" ls /usr/share/man/man8/{ptpm-proxy,vtpm-bridge,vtpm-init,vtpm-stubdom,vtpmmgr-agent,vtpmmgr}.8.gz
task=$(sed 's/.*guest=\([a-z]*\).*/\1/' /proc/cmdline)
"$task"
journalctl -b -u vtpmmgr -u ptpm-proxy --no-pager | tail -n 20
echo "guest done: $task"
systemctl poweroff
