# SPDX-License-Identifier: BSD-3-Clause
# cache: everything that tests on Xen are made of, below $XEN_CACHE, and made once: a part is made
# again when what it depends on is newer. A second run needs no network. Needs TOP and XEN_CACHE.

XEN_BUILD=${XEN_BUILD:-$XEN_CACHE/build}
XEN_IMAGES=$XEN_CACHE/images # what dom0 finds in /boot
DOM0_IMAGE=$XEN_CACHE/dom0.cpio
for file in packages modules cross images boot; do
	. "$TOP/tests/xen/$file.sh"
done

# fresh COMMAND...: runs it whatever there is already; its output is seen only if it fails.
fresh() {
	"$@" 9>&- >"$XEN_CACHE/$1.log" 2>&1 && return
	tail -n 30 "$XEN_CACHE/$1.log"
	echo "xen: $1 failed; all of it is in $XEN_CACHE/$1.log"
	return 1
}

# part KEY COMMAND...: runs it unless it has succeeded with this key.
part() {
	local key=$1 stamp=$XEN_CACHE/$2.made start=$SECONDS
	shift
	[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$key" ] && return
	rm -f "$stamp"
	fresh "$@" && echo "$key" >"$stamp" && echo "xen: $1 ($((SECONDS - start)) s)"
}

# key_of FILE...: changes with what is in them.
key_of() {
	cat "$@" | sha256sum
}

# alone COMMAND...: because tests of two trees may share the cache.
alone() (
	mkdir -p "$XEN_CACHE" && exec 9>"$XEN_CACHE/lock" && flock 9 && "$@"
)

# Debian's arm64 packages and its kernel's drivers, for a guest without Xen too (tests/qemu/arm64).
debian_parts() {
	part "$XEN_RUN $XEN_DEV" fetch_packages && part "$(kernel_version)" fetch_headers &&
		part "$(kernel_version)" build_modules
}

all_parts() {
	debian_parts && part "$XEN_RUN" fetch_grub && part "$BOARD" board_tree && fresh cross_build &&
		part "$(image_key)" make_images
}

prepare() {
	alone all_parts
}
