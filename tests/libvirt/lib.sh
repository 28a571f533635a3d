# SPDX-License-Identifier: BSD-3-Clause
# lib: a libvirtd of the test's own, without systemd, with our hook. What every test here starts with.
#
# It sees /etc/libvirt, /var/lib/libvirt ... as they are installed, in copies that go with the test.
[ -n "${OWN_LIBVIRT:-}" ] || exec env OWN_LIBVIRT=1 \
	unshare --mount --pid --fork --kill-child --mount-proc "$0" "$@"
. "$TOP/tests/qemu/lib.sh"

LIBVIRT_DIRS="/etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt"

# Every process of a libvirt that may run on this machine is out of sight, and so must its files be.
libvirt_dirs() {
	local dir copy
	mkdir -p /run/libvirt
	for dir in $LIBVIRT_DIRS; do
		copy=$DIR/libvirt$dir
		mkdir -p "$(dirname "$copy")" && cp -a "$dir" "$copy" && mount --bind "$copy" "$dir" || return
	done
	chmod -R a+X "$DIR/libvirt" && mount -t tmpfs -o mode=755 tmpfs /run/libvirt &&
		rm -f /etc/libvirt/qemu/*.xml
}

# The manager's socket is the test's, which libvirtd tells no hook.
hook_install() {
	mkdir -p /etc/libvirt/hooks/qemu.d
	printf '#!/bin/sh\nVTPMCTL_SOCKET=%s exec %s "$@"\n' "$RUN/admin" "$(built vtpmmgr-hook)" \
		>/etc/libvirt/hooks/qemu.d/vtpmmgr-hook
	chmod 755 /etc/libvirt/hooks/qemu.d/vtpmmgr-hook
}

virsh() {
	timeout 200 /usr/bin/virsh -q -c qemu:///system "$@"
}

libvirtd_start() {
	stack_start libvirtd /usr/sbin/libvirtd --pid-file "$DIR/libvirtd.pid"
	within 60 virsh version
}

libvirt_up() {
	must "libvirt's folders" libvirt_dirs
	must "the hook" hook_install
	stack_start virtlogd /usr/sbin/virtlogd --pid-file "$DIR/virtlogd.pid"
	must "libvirtd starts" libvirtd_start
}

# of VTPM KEY: from `vtpmctl libvirt`.
of() {
	vtpmctl libvirt "$1" --json | jq -er ".$2"
}

# domain_xml NAME [METADATA] [DEVICES] [OS]
domain_xml() {
	cat <<-END
		<domain type='qemu'>
		  <name>$1</name>
		  <uuid>$(uuid_of "$1")</uuid>
		  <metadata>${2:-}</metadata>
		  <memory unit='MiB'>${MEMORY:-64}</memory>
		  <os><type arch='x86_64' machine='q35'>hvm</type>${4:-}</os>
		  <features><acpi/></features>
		  <cpu mode='maximum'/>
		  <devices>
		    <emulator>/usr/bin/qemu-system-x86_64</emulator>
		    <controller type='usb' model='none'/>
		    <memballoon model='none'/>
		    ${3:-}
		  </devices>
		</domain>
	END
}

uuid_of() {
	uuidgen --sha1 --namespace @oid --name "$1"
}

# define NAME [METADATA] [DEVICES] [OS]
define() {
	domain_xml "$@" >"$DIR/$1.xml"
	must "define $1" virsh define "$DIR/$1.xml"
}

# bound_vtpm NAME STAKEHOLDER: as a person does it who has defined a domain of this name.
bound_vtpm() {
	must "create $1" vtpmctl create "$1" --stakeholder "$2" --quota 16K --user libvirt-qemu \
		--domain "$(virsh domuuid "$1")"
}

domain_is() {
	[ "$(virsh domstate "$1")" = "$2" ]
}

has_stopped() {
	[ "$(state_of "$1")" = stopped ]
}
