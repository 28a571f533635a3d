# SPDX-License-Identifier: BSD-3-Clause
# fresh: a fresh Debian, and our packages in it as its administrator would install them. Sourced by debian.

# systemd, what our packages suggest for the demo, and what they depend on, so that all of it comes
# while they are built.
FRESH_PACKAGES="jq kmod libjson-c5 libseccomp2 libtss2-esys-3.0.2-0 libtss2-rc0 libtss2-tcti-device0
libtss2-tctildr0 libvirt0 libxenmisc4.17 libxml2 openssl procps swtpm swtpm-tools systemd-sysv
tpm2-tools udev xen-utils-common"

# Where this host's apt gets Debian 12.
sources() {
	apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) main' "Origin: Debian" "Component: main" |
		grep ' bookworm' | sort -u
}

# Kept between runs: it is the same for every version of ours.
fresh_debian() {
	local cache=${XDG_CACHE_HOME:-$BUILD/cache}/vtpmmgr key
	key=$({ sources && echo $FRESH_PACKAGES; } | sha256sum | cut -c 1-16)
	cache=$cache/bookworm-$key.tar
	[ -f "$cache" ] || {
		mkdir -p "${cache%/*}" &&
			sources | mmdebstrap --mode=root --format=tar --variant=minbase --dpkgopt=force-unsafe-io \
				--include="$(echo $FRESH_PACKAGES | tr ' ' ,)" bookworm "$cache.new" - &&
			mv "$cache.new" "$cache"
	} || return
	mkdir "$FRESH" && tar -xf "$cache" -C "$FRESH" && cp /etc/resolv.conf "$FRESH/etc" &&
		there apt-get update -q
}

# there COMMAND...: in that Debian.
there() {
	DEBIAN_FRONTEND=noninteractive chroot "$FRESH" "$@"
}

installed() {
	cp "$DIR"/*.deb "$FRESH/tmp" && there sh -c 'apt-get install -qy --no-install-recommends \
		/tmp/vtpmctl_*.deb /tmp/vtpmmgr_*.deb /tmp/ptpm-proxy_*.deb /tmp/vtpm-bridge_*.deb \
		/tmp/vtpmmgr-xen_*.deb /tmp/vtpmmgr-domains_*.deb'
}

# What libvirt needs is much: it comes last, when no machine is made of this folder any more.
hook_installed() {
	there sh -c 'apt-get install -qy --no-install-recommends /tmp/vtpmmgr-libvirt_*.deb'
}

# As root of that Debian, on this kernel. Its root becomes that of the namespace: who has just changed
# his own makes no namespaces of users.
demo_there() {
	unshare --mount --pid --fork --kill-child --propagation private sh -c '
		mount --rbind "$1" "$1" && cd "$1" && mount -t proc proc proc && mount -t sysfs sys sys &&
			mount --rbind /dev dev && mount -t tmpfs run run && mount -t tmpfs tmp tmp &&
			pivot_root . . && umount -l . &&
			exec env -i PATH="$PATH" HOME=/root /usr/share/vtpmmgr/tools/demo' demo "$FRESH"
}
