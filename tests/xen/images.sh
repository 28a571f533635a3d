# SPDX-License-Identifier: BSD-3-Clause
# images: what dom0 and the guests of the tests boot. Those of manager and stub domains are the
# project's own (make domain-images).

IMAGE_ROOT=$XEN_ROOT
READELF=aarch64-linux-gnu-readelf
STRIP=aarch64-linux-gnu-strip
. "$TOP/stubdom/image/lib.sh"

XEN_BIN=usr/lib/xen-4.17/bin
DOM0_PROGRAMS="$XEN_BIN/xl $XEN_BIN/xenstored $XEN_BIN/xenconsoled $XEN_BIN/xenconsole
$XEN_BIN/xen-init-dom0 $XEN_BIN/libxl-save-helper $XEN_BIN/flask-loadpolicy
usr/bin/xenstore-chmod usr/bin/xenstore-list usr/bin/xenstore-ls usr/bin/xenstore-read
usr/bin/xenstore-rm usr/bin/xenstore-watch usr/bin/xenstore-write usr/bin/tpm2"
DOM0_MODULES="virtio_mmio virtio_blk xen-privcmd xenfs xen-evtchn xen-gntdev xen-gntalloc
xen-blkback tpm_tis_core tpm_tis"
GUEST_PROGRAMS="usr/bin/tpm2 usr/bin/xenstore-ls usr/bin/xenstore-read usr/bin/xenstore-write"
GUEST_MODULES="xen-privcmd xenfs xen-evtchn xen-gntdev xen-gntalloc tpm_vtpm_proxy"
# What programs load by name while they run.
PLUGINS="libtss2-tcti-device.so.0 libgcc_s.so.1"

# in_root FILE...: which the packages have, under the same names.
in_root() {
	local root=$1 file
	shift
	for file in "$@"; do
		put_program "$root" "$XEN_ROOT/$file" "/$file" || return
	done
}

# test_root ROOT: what dom0 and guests have in common.
test_root() {
	local root=$1 name
	rm -rf "$root"
	mkdir -p "$root"/{bin,sbin,dev,proc,sys,run,tmp,root,etc,var/lib,var/log}
	put_file "$root" "$XEN_ROOT/bin/busybox" /bin/busybox 755
	for name in $PLUGINS; do
		put_library "$root" "$name" "/usr/lib/$name" "$XEN_ROOT/usr/bin/tpm2" || return
	done
	for name in "$XEN_ROOT"/usr/bin/tpm2_*; do
		mkdir -p "$root/usr/bin" && ln -sf tpm2 "$root/usr/bin/${name##*/}"
	done
	put_file "$root" "$TOP/tests/xen/task-lib.sh" /lib.sh
	echo "root:x:0:0:root:/root:/bin/sh" >"$root/etc/passwd"
	echo "root:x:0:" >"$root/etc/group"
}

modules_of() {
	local name
	for name in "$@"; do
		module_file "$name" || echo "image: no module $name" >&2
	done
}

# install_into ROOT PROGRAM...: the project's, where make install would put them.
install_into() {
	local root=$1 file
	shift
	for file in "$@"; do
		case ${file##*/} in
		vtpmctl) put_program "$root" "$file" /usr/bin/vtpmctl ;;
		vtpmmgr | vtpmmgr-agent | ptpm-proxy) put_program "$root" "$file" "/usr/sbin/${file##*/}" ;;
		*) put_program "$root" "$file" "/usr/lib/vtpmmgr/${file##*/}" ;;
		esac || return
	done
}

guest_root() {
	test_root "$1" && in_root "$1" $GUEST_PROGRAMS && put_modules "$1" $(modules_of $GUEST_MODULES) &&
		put_file "$1" "$(module_file xen-tpmfront)" /lib/xen-tpmfront.ko &&
		put_program "$1" "$(cross_program vtpm-bridge)" /usr/sbin/vtpm-bridge &&
		put_file "$1" "$TOP/tests/xen/guest.sh" /init 755
}

# dom0_root ROOT: with all programs of the project, and what its domains are made of in /boot.
dom0_root() {
	test_root "$1" && in_root "$1" $DOM0_PROGRAMS && put_modules "$1" $(modules_of $DOM0_MODULES) &&
		install_into "$1" $(cross_programs | grep -vE '/(vtpmmgr-hook|vtpm-bridge)$') &&
		put_file "$1" "$TOP/tests/xen/dom0.sh" /init 755 || return
	put_file "$1" "$XEN_ROOT/etc/xen/xl.conf" /etc/xen/xl.conf
	put_file "$1" "$TOP/tools/xen/manager.cfg" /etc/xen/manager.cfg
	put_file "$1" "$TOP/tests/xen/block.sh" /etc/xen/scripts/block-tests 755
	cp -r "$XEN_IMAGES" "$1/boot"
}

image_key() {
	key_of "$TOP"/tests/xen/*.sh "$TOP"/tools/xen/manager.cfg "$TOP"/stubdom/image/* $(cross_programs) "$XEN_BUILD"/images/*
}

# Kernel and archives are not compressed where dom0 would have to unpack them under emulation.
make_images() {
	local work=$XEN_CACHE/image.work
	rm -rf "$work" "$XEN_IMAGES" && mkdir -p "$XEN_IMAGES" &&
		cp "$(xen_kernel)" "$XEN_IMAGES/Image" &&
		guest_root "$work" && archive "$work" >"$XEN_IMAGES/guest.cpio" &&
		cp "$XEN_BUILD"/images/*-initramfs "$XEN_IMAGES/" &&
		"$TOP/stubdom/image/digest" "$XEN_IMAGES"/{Image,stub-initramfs} >"$XEN_IMAGES/stub.digest" &&
		dom0_root "$work" && archive "$work" >"$DOM0_IMAGE" && rm -rf "$work"
}
