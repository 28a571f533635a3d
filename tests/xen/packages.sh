# SPDX-License-Identifier: BSD-3-Clause
# packages: Debian's arm64 packages, downloaded and unpacked below $XEN_CACHE. Nothing of them is
# installed here, and nothing of this host's packages changes: apt keeps lists and state in there.

# What runs in dom0 and the guests; what the project is built against.
XEN_RUN="xen-hypervisor-4.17-arm64 xen-utils-4.17 xenstore-utils linux-image-arm64
busybox-static tpm2-tools libtss2-tcti-device0"
XEN_DEV="libc6-dev libcmocka-dev libjson-c-dev libseccomp-dev libssl-dev libtpms-dev libtss2-dev
libxen-dev libxml2-dev uuid-dev"
XEN_ROOT=$XEN_CACHE/root
XEN_HEADERS=$XEN_CACHE/headers
XEN_GRUB=$XEN_CACHE/grub

apt_config() {
	mkdir -p "$XEN_CACHE"/apt/lists/partial "$XEN_CACHE"/debs/partial
	: >"$XEN_CACHE/apt/status"
	cat >"$XEN_CACHE/apt/apt.conf" <<CONF
APT::Architecture "arm64";
APT::Architectures { "arm64"; "$(dpkg --print-architecture)"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Dir::State "$XEN_CACHE/apt";
Dir::State::status "$XEN_CACHE/apt/status";
Dir::Cache "$XEN_CACHE/apt";
Dir::Cache::archives "$XEN_CACHE/debs";
CONF
}

apt_get() {
	DEBIAN_FRONTEND=noninteractive APT_CONFIG=$XEN_CACHE/apt/apt.conf apt-get -q -y "$@"
}

# fetch_packages: apt's solver on an empty system names them all.
fetch_packages() {
	apt_config && apt_get update && apt_get --download-only install $XEN_RUN $XEN_DEV &&
		rm -rf "$XEN_ROOT" && unpack "$XEN_ROOT" "$XEN_CACHE"/debs/*.deb
}

# unpack ROOT DEB...: with /usr merged, as on an installed system.
unpack() {
	local root=$1 deb
	shift
	mkdir -p "$root"/usr/{bin,sbin,lib}
	ln -sfn usr/bin "$root/bin"
	ln -sfn usr/sbin "$root/sbin"
	ln -sfn usr/lib "$root/lib"
	for deb in "$@"; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink || return
	done
}

xen_kernel() {
	ls "$XEN_ROOT"/boot/vmlinuz-*-arm64 | sort -V | tail -n 1
}

kernel_version() {
	local kernel
	kernel=$(xen_kernel) && echo "${kernel##*/vmlinuz-}"
}

# fetch_headers: to build modules for that kernel on this host, and the source of two.
fetch_headers() {
	local version=$(kernel_version) series
	series=$(cut -d. -f1-2 <<<"$version")
	mkdir -p "$XEN_CACHE/kernel" && (
		cd "$XEN_CACHE/kernel" && apt_get download "linux-headers-$version" \
			"linux-headers-${version%-arm64}-common" "linux-source-$series" \
			"linux-kbuild-$series:$(dpkg --print-architecture)"
	) && rm -rf "$XEN_HEADERS" && unpack "$XEN_HEADERS" "$XEN_CACHE"/kernel/*.deb
}

# fetch_grub: the boot loader of a measured boot.
fetch_grub() {
	mkdir -p "$XEN_CACHE/loader" && (cd "$XEN_CACHE/loader" && apt_get download grub-efi-arm64-bin) &&
		rm -rf "$XEN_GRUB" && unpack "$XEN_GRUB" "$XEN_CACHE"/loader/*.deb
}
