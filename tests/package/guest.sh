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
	systemd-analyze security --no-pager "$1" | grep 'Overall exposure'
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

first() {
	check "the platform is set up on this machine's own TPM" set_up
	check "a vTPM of the policy that was installed" vtpmctl create mine --stakeholder owner --user root
	check "it starts" vtpmctl start mine
	check "and answers" works
	check "a counter" counter tpm2_nvdefine -Q 0x1500001 -C o -s 8 -a 'ownerread|ownerwrite|nt=counter'
	check "which counts" counter tpm2_nvincrement -Q 0x1500001 -C o
	check "the demo of the installed files" /usr/share/vtpmmgr/tools/demo
	security vtpmmgr.service
	security ptpm-proxy.service
}

again() {
	check "the store is open" within 30 sh -c \
		'vtpmctl status --json | jq -e ".coverage[] | select(.item == \"open\").covered"'
	check "the vTPM starts" vtpmctl start mine
	check "its counter goes on" counter tpm2_nvincrement -Q 0x1500001 -C o
	check "from where it was" sh -c \
		'vtpmctl show mine --json | jq -e ".version > 1"'
}

check "this machine's TPM" within 60 test -c /dev/tpmrm0
up() {
	within 60 systemctl is-active "$1" && return
	systemctl status --no-pager --lines 30 "$1"
	return 1
}

check "ptpm-proxy is up" up ptpm-proxy
check "vtpmmgr is up" up vtpmmgr
check "the man pages are there" test -f /usr/share/man/man8/vtpmmgr.8.gz
task=$(sed 's/.*guest=\([a-z]*\).*/\1/' /proc/cmdline)
"$task"
journalctl -b -u vtpmmgr -u ptpm-proxy --no-pager | tail -n 20
echo "guest done: $task"
systemctl poweroff
