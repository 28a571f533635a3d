#!/bin/busybox sh
# SPDX-License-Identifier: BSD-3-Clause
# dom0's init: Xen's daemons, then /task, which the test has put beside this, or a shell. What it
# says in lines "dom0 ok: ..." and "dom0 not ok: ..." is the test's result.
/bin/busybox --install -s /bin
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/xen-4.17/bin HOME=/root LD_LIBRARY_PATH=/usr/lib
export TPM2TOOLS_TCTI=device:/dev/tpmrm0
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm /run/xen /run/lock /tmp /var/log/xen /var/lib/xen /var/lib/xenstored
mount -t devpts pts /dev/pts
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
mkdir -p /run/xen /run/lock /run/xenstored
ln -s /run /var/run
ln -s /run/lock /var/lock
ln -s /proc/self/fd /dev/fd
hostname dom0
ip link set lo up
while read -r module; do
	insmod "$module" || echo "dom0 not ok: insmod $module"
done </etc/modules

SAYS=dom0
. /lib.sh

xen_start() {
	mount -t xenfs xenfs /proc/xen
	xenstored --pid-file /run/xenstored.pid
	within 300 xenstore-read / || echo "dom0 not ok: xenstored"
	xen-init-dom0 >/dev/null
	xenconsoled --pid-file=/run/xenconsoled.pid --log=all --log-dir=/var/log/xen
}

xen_start
echo "dom0 up $(uptime_s)"
if [ -f /task ]; then
	cd /tmp
	. /task
	finish
fi
cd /root
exec setsid cttyhack sh -l
