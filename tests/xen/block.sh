#!/bin/busybox sh
# SPDX-License-Identifier: BSD-3-Clause
# What libxl runs for a disk that is a block device here: all of Xen's own script that this needs,
# which is bash and wants a whole system around it.
[ "$1" = add ] || exit 0
device=$(xenstore-read "$XENBUS_PATH/params")
xenstore-write "$XENBUS_PATH/physical-device" "$(stat -L -c %t:%T "$device")" \
	"$XENBUS_PATH/physical-device-path" "$device" "$XENBUS_PATH/hotplug-status" connected
