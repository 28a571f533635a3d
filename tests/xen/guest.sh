#!/bin/busybox sh
# SPDX-License-Identifier: BSD-3-Clause
# A guest's init. It does what the word after "task=" on its kernel's command line says: a function
# of this file, or of /task; what it finds it says on its console as tests/xen/dom0.sh does.
/bin/busybox --install -s /bin
export PATH=/usr/sbin:/usr/bin:/sbin:/bin TPM2TOOLS_TCTI=device:/dev/tpm0
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /tmp /run
while read -r module; do
	insmod "$module" || echo "guest not ok: insmod $module"
done </etc/modules
[ -d /proc/xen ] && mount -t xenfs xenfs /proc/xen
SAYS=guest
. /lib.sh

tpm_driver() {
	insmod /lib/xen-tpmfront.ko && within 20 test -c /dev/tpm0
}

tpm_tools() {
	check "the driver" tpm_driver
	check "random bytes" tpm2_getrandom --hex 8
	check "a primary key" tpm2_createprimary -Q -C o -c primary.ctx
	check "an NV index" tpm2_nvdefine -Q 0x1500001 -C o -s 8 -a 'ownerread|ownerwrite|nt=counter'
	check "counts" tpm2_nvincrement -Q 0x1500001 -C o
	check "an extend" tpm2_pcrextend 16:sha256=$(printf %064d 1)
}

# One more on a counter that outlives the guest; its count is on the console.
tpm_counts() {
	check "the driver" tpm_driver
	tpm2_nvreadpublic 0x1500001 >/dev/null 2>&1 || check "a counter" tpm2_nvdefine -Q 0x1500001 \
		-C o -s 8 -a 'ownerread|ownerwrite|nt=counter'
	check "counts" tpm2_nvincrement -Q 0x1500001 -C o
	echo "guest counter $((0x$(tpm2_nvread 0x1500001 -C o | od -An -tx1 | tr -d ' ')))"
}

for word in $(cat /proc/cmdline); do
	case $word in
	task=*) task=${word#task=} ;;
	esac
done
echo "guest up $(uptime_s)"
[ ! -f /task ] || . /task
cd /tmp
[ -z "${task:-}" ] || $task
echo "guest done $(uptime_s)"
exec setsid cttyhack sh -l
