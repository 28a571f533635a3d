# SPDX-License-Identifier: BSD-3-Clause
# image: what a guest boots: Debian's kernel, and an initramfs with busybox, tpm2-tools and what
# opens encrypted volumes. Sourced by lib.sh; built once, in $BUILD/guest.

GUEST_KERNEL=$(ls /boot/vmlinuz-*-cloud-amd64 | sort -V | tail -n 1)
GUEST_INITRAMFS=$BUILD/guest/initramfs.gz
GUEST_MODULES="virtio_pci virtio_blk dm-crypt xts aesni-intel"
GUEST_PROGRAMS="/usr/bin/tpm2 /sbin/cryptsetup /usr/bin/systemd-cryptenroll /lib/systemd/systemd-cryptsetup"
GUEST_FILES="/etc/nsswitch.conf /etc/passwd /etc/group"

# What programs load by name while they run, and ldd does not see.
guest_plugins() {
	ls /usr/lib/x86_64-linux-gnu/libtss2-{tcti-device,esys,rc,mu}.so.0 \
		/usr/lib/x86_64-linux-gnu/cryptsetup/*.so
}

# with_libraries FILE...: each, and every shared library that it needs.
with_libraries() {
	printf '%s\n' "$@"
	ldd "$@" 2>/dev/null | grep -oE '/[^ ]+\.so[^ ]*'
}

# copy_into ROOT FILE...: under the same names, what they link to as well.
copy_into() {
	local root=$1 file
	shift
	for file in "$@"; do
		install -D -m755 "$(readlink -f "$file")" "$root/usr/${file#/usr}"
	done
}

modules_into() {
	local version=${GUEST_KERNEL##*/vmlinuz-} module
	mkdir -p "$1/usr/lib/modules"
	for module in $GUEST_MODULES; do
		modprobe -S "$version" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r module; do
		cp "$module" "$1/usr/lib/modules/" && echo "/lib/modules/${module##*/}"
	done >"$1/etc/modules"
}

# busybox_into ROOT FILE: and its commands, as this host's has them.
busybox_into() {
	local name
	cp "$2" "$1/bin/busybox"
	for name in $(/bin/busybox --list); do
		[ "$name" = busybox ] || ln -sf busybox "$1/bin/$name"
	done
}

# Merged /usr: the tokens of cryptsetup are looked for there.
guest_root() {
	local root=$1 name
	mkdir -p "$root"/{proc,sys,dev,tmp,run,etc,var/lib,usr/bin,usr/sbin,usr/lib,usr/lib64}
	for name in bin sbin lib lib64; do
		ln -s "usr/$name" "$root/$name"
	done
	busybox_into "$root" /bin/busybox
	copy_into "$root" $(with_libraries $GUEST_PROGRAMS $(guest_plugins) | sort -u)
	copy_into "$root" /lib64/ld-linux-x86-64.so.2
	for name in /usr/bin/tpm2_*; do
		ln -sf tpm2 "$root/usr/bin/${name##*/}"
	done
	for name in $GUEST_FILES; do
		install -D "$name" "$root$name"
	done
	modules_into "$root"
	install -m755 "$TOP/tests/qemu/init.sh" "$root/init"
}

# archive ROOT: as the kernel unpacks it; several may follow each other in one file.
archive() {
	(cd "$1" && find . | cpio --quiet -o -H newc -R 0:0 | gzip -1)
}

guest_image() {
	mkdir -p "$BUILD/guest"
	(
		flock 9
		[ "$GUEST_INITRAMFS" -nt "$TOP/tests/qemu/image.sh" ] &&
			[ "$GUEST_INITRAMFS" -nt "$TOP/tests/qemu/init.sh" ] && exit
		guest_root "$DIR/guest" && archive "$DIR/guest" >"$GUEST_INITRAMFS.new" &&
			mv "$GUEST_INITRAMFS.new" "$GUEST_INITRAMFS"
	) 9>"$BUILD/guest/lock"
}
