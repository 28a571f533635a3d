#!/bin/busybox sh
# SPDX-License-Identifier: BSD-3-Clause
# The initramfs of the machine that the packages are installed on: to its disk, and away.
/bin/busybox mount -t devtmpfs dev /dev
while read -r module; do
	/bin/busybox insmod "$module"
done </etc/modules
/bin/busybox mount -t ext4 /dev/vda /new
/bin/busybox mount --move /dev /new/dev
exec /bin/busybox switch_root /new /sbin/init
