# SPDX-License-Identifier: BSD-3-Clause
# modules: two drivers that Debian's arm64 kernel is built without: that of the TPM which QEMU has
# (CONFIG_TCG_TIS), for dom0, and Xen's TPM frontend (CONFIG_TCG_XEN), for guests, as it stands in
# Debian's source of that kernel.

XEN_MODULES=$XEN_CACHE/modules

# The drivers' source, and the headers told where they are, which is not in /usr/src.
modules_source() {
	local src=$XEN_HEADERS/usr/src version=$(kernel_version) name
	rm -rf "$XEN_MODULES" && mkdir -p "$XEN_MODULES" || return
	echo "include $src/linux-headers-${version%-arm64}-common/Makefile" \
		>"$src/linux-headers-$version/Makefile"
	tar -x -f "$src"/linux-source-*.tar.xz -C "$XEN_MODULES" --strip-components=4 --wildcards --occurrence \
		'*/drivers/char/tpm/tpm.h' '*/drivers/char/tpm/tpm_tis.c' \
		'*/drivers/char/tpm/tpm_tis_core.h' '*/drivers/char/tpm/xen-tpmfront.c'
	echo "obj-m := tpm_tis.o xen-tpmfront.o" >"$XEN_MODULES/Makefile"
}

build_modules() {
	modules_source && make -s -C "$XEN_HEADERS/usr/src/linux-headers-$(kernel_version)" \
		M="$XEN_MODULES" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- modules &&
		aarch64-linux-gnu-strip -g "$XEN_MODULES"/*.ko
}

# module_file NAME: ours, or the kernel package's.
module_file() {
	local own=$XEN_MODULES/$1.ko
	[ -f "$own" ] || own=$(find "$XEN_ROOT/lib/modules" -name "$1.ko")
	[ -n "$own" ] && echo "$own"
}
