# SPDX-License-Identifier: BSD-3-Clause
# small: the project's domains as a phone has them: on the kernel of stubdom/linux.config, made of
# Debian's source, with images that have no drivers. It takes minutes to build, so it is made when
# somebody asks for it, once into the cache. Sourced after tests/xen/lib.sh.

XEN_SMALL=$XEN_CACHE/small

# What no domain has is left out: two thirds of it.
kernel_source() {
	rm -rf "$1" && mkdir -p "$1" && tar -x -f "$XEN_HEADERS"/usr/src/linux-source-*.tar.xz -C "$1" \
		--strip-components=1 --exclude='*/drivers/gpu/*.[ch]' --exclude='*/drivers/net/*.[ch]' \
		--exclude='*/drivers/media/*.[ch]' --exclude='*/drivers/staging/*.[ch]' \
		--exclude='*/sound/*.[ch]' --exclude='*/tools/testing'
}

build_kernel() {
	local source=$XEN_CACHE/linux
	kernel_source "$source" &&
		cross_make domain-kernel KERNEL_SOURCE="$source" DOMAIN_IMAGES="$XEN_SMALL" &&
		rm -rf "$source" "$XEN_SMALL/linux"
}

# Of the version of Debian's source, too.
kernel_key() {
	basename "$XEN_CACHE"/kernel/linux-source-*.deb &&
		key_of "$TOP/stubdom/linux.config" "$TOP/stubdom/image/kernel"
}

small_images() {
	DOMAIN_ROOT=$XEN_ROOT DOMAIN_POLICY=$TOP/tests/policy.json \
		cross_make domain-images DOMAIN_IMAGES="$XEN_SMALL" &&
		"$TOP/stubdom/image/digest" "$XEN_SMALL"/{domain-kernel,stub-initramfs} >"$XEN_SMALL/stub.digest"
}

small_parts() {
	part "$(kernel_key)" build_kernel && fresh small_images
}

# Where dom0 finds them, by the names that task-lib.sh knows: DOMAINS=/boot/small.
small_domains() {
	local name
	alone small_parts && dom0_file /boot/small/Image <"$XEN_SMALL/domain-kernel" || return
	for name in manager-initramfs stub-initramfs stub.digest; do
		dom0_file "/boot/small/$name" <"$XEN_SMALL/$name" || return
	done
}
