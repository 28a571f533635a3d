#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What a guest runs: /task, which the test has put beside this, with a few words of its own.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin TPM2TOOLS_TCTI=device:/dev/tpmrm0
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t securityfs security /sys/kernel/security
mkdir -p /run/cryptsetup /dev/shm
ln -s /proc/self/fd /dev/fd
while read -r module; do
	insmod "$module" || echo "guest not ok: insmod $module"
done </etc/modules

# check DESCRIPTION COMMAND...
check() {
	what=$1
	shift
	if "$@" >/tmp/out 2>&1; then
		echo "guest ok: $what"
	else
		echo "guest not ok: $what: exit $?: $*"
		cat /tmp/out
	fi
}

refused() {
	! "$@"
}

pcr() {
	cat "/sys/class/tpm/tpm0/pcr-sha256/$1"
}

echo "guest up"
cd /tmp
. /task
echo "guest done"
sync
poweroff -f
