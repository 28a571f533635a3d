# SPDX-License-Identifier: BSD-3-Clause
# domains: what the packages for Xen have, looked at where there is no Xen. Sourced by debian; tests/xen
# is where such domains run.

DOMAINS=$FRESH/usr/libexec/vtpmmgr
EXAMPLES=$FRESH/usr/share/doc/vtpmmgr-xen/examples

# Not with stubdom/image/digest, which is what made the record.
digest_is_recorded() {
	local file digest
	digest=$(for file in stub-kernel stub-initramfs; do
		sha256sum "$DOMAINS/$file" | cut -d ' ' -f 1
	done | xxd -r -p | sha256sum | cut -d ' ' -f 1)
	grep -x "$digest" "$DOMAINS/stub-digest" &&
		grep -- "^extra = .* --stub-image $digest\"" "$EXAMPLES/manager.cfg"
}

# are_there FILE...: in the fresh Debian.
are_there() {
	local file
	[ $# -gt 0 ] || return
	for file in "$@"; do
		chroot "$FRESH" test -s "$file" || {
			echo "no $file"
			return 1
		}
	done
}

example_is_true() {
	are_there $(sed -nE 's/^(kernel|ramdisk) = "(.*)"/\2/p' "$EXAMPLES/manager.cfg")
}

agent_finds_them() {
	are_there $(there vtpmmgr-agent --help | grep -oE '/usr/libexec[^)]*')
}

# unpacked IMAGE: into $DIR/IMAGE.
unpacked() {
	mkdir "$DIR/$1" && zcat "$DOMAINS/$1-initramfs" | (cd "$DIR/$1" && cpio -idm --quiet)
}

# holds IMAGE FILE...: these beside libraries and drivers, and no other.
holds() {
	local found
	unpacked "$1" && found=$(cd "$DIR/$1" && find . -type f ! -name '*.so*' ! -name '*.ko' | sort) &&
		[ "$found" = "$(printf './%s\n' "${@:2}" | sort)" ] || {
		echo "$found"
		return 1
	}
}

# With nothing but what is in the image.
manager_runs() {
	local program
	for program in /usr/libexec/vtpmmgr/vtpmmgr-keys /usr/libexec/vtpmmgr/vtpmmgr-vchan; do
		chroot "$DIR/manager" /lib64/ld-linux-x86-64.so.2 --list "$program" || return
	done
	chroot "$DIR/manager" /usr/sbin/vtpmmgr --version
}

# A library of another machine, in a folder that is looked into earlier: this host's with another
# machine's number.
right_library() {
	local root=$DIR/two name=libcrypto.so.3
	mkdir -p "$root"/usr/lib/{aarch64,x86_64}-linux-gnu && cp "$(ldconfig -p | sed -n "s/.*$name.* => //p" |
		head -n 1)" "$root/usr/lib/x86_64-linux-gnu/$name" &&
		cp "$root/usr/lib"/{x86_64,aarch64}-linux-gnu/$name &&
		printf '\xb7' | dd of="$root/usr/lib/aarch64-linux-gnu/$name" bs=1 seek=18 conv=notrunc &&
		(IMAGE_ROOT=$root READELF=readelf && . "$TOP/stubdom/image/lib.sh" &&
			find_library "$name" "$DOMAINS/vtpm-stubdom") | grep x86_64
}

# Whoever makes them, wherever he is.
same_again() {
	(cd "$SOURCE" && umask 077 && TZ=Asia/Tokyo debian/rules domains \
		DOMAIN_POLICY="$SOURCE/policy/examples/single.json") || return
	cmp "$SOURCE/images/manager-initramfs" "$DOMAINS/manager-initramfs" &&
		cmp "$SOURCE/images/stub-initramfs" "$DOMAINS/stub-initramfs"
}

# boots IMAGE PATTERN: its kernel unpacks it and starts its init, which misses Xen and says so, all of it
# in the memory of the example.
boots() {
	local memory=$(sed -n 's/^memory = //p' "$EXAMPLES/$1.cfg")
	timeout 300 qemu-system-x86_64 -machine q35,accel=tcg -cpu max -m "$memory" -nodefaults \
		-display none -nic none -serial "file:$DIR/$1.console" -kernel "$DOMAINS/$1-kernel" \
		-initrd "$DOMAINS/$1-initramfs" -no-reboot -append "console=ttyS0 quiet panic=-1 \
		no_timer_check rootfstype=ramfs vtpm.manager=1"
	grep -aE "$2" "$DIR/$1.console" || {
		cat "$DIR/$1.console"
		return 1
	}
}

domains_checked() {
	ok "the agent says what it is" there vtpmmgr-agent --version
	ok "the agent finds the stub domains' kernel and image" agent_finds_them
	ok "their digest is as recorded, and in the example" digest_is_recorded
	ok "the example for the manager's domain names what is there" example_is_true
	ok "what there is in a stub domain" holds stub init vtpm-stubdom
	ok "what there is in the manager's" holds manager init etc/vtpmmgr/policy.json usr/sbin/vtpmmgr \
		usr/libexec/vtpmmgr/vtpmmgr-keys usr/libexec/vtpmmgr/vtpmmgr-vchan
	ok "the manager lacks no library there" manager_runs
	ok "a library of another machine is no library" right_library
	ok "the images are the same when they are made again" same_again
	ok "a stub domain's kernel starts its init" boots stub 'vtpm-init: .*xen-evtchn'
	ok "and the manager's domain's" boots manager 'vtpmmgr-init: .*xen-evtchn'
}
