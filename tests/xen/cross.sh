# SPDX-License-Identifier: BSD-3-Clause
# cross: the project itself, built for arm64 by its own configure, against the packages' libraries.

cross_configure() {
	"$TOP/configure" -q --host=aarch64-linux-gnu --with-xen --without-libvirt --prefix=/usr \
		--libexecdir=/usr/lib --sysconfdir=/etc --localstatedir=/var --runstatedir=/run \
		CC="aarch64-linux-gnu-gcc --sysroot=$XEN_ROOT" PKG_CONFIG=pkg-config
}

cross_make() {
	make -s -C "$XEN_BUILD" "$@"
}

# Only what is installed: the tests of units run where they are built.
cross_build() (
	local lib=$XEN_ROOT/usr/lib/aarch64-linux-gnu/pkgconfig
	export PKG_CONFIG_LIBDIR=$lib:$XEN_ROOT/usr/share/pkgconfig PKG_CONFIG_SYSROOT_DIR=$XEN_ROOT
	mkdir -p "$XEN_BUILD" && cd "$XEN_BUILD" || exit
	[ -x "$TOP/configure" ] || (cd "$TOP" && autoreconf -fi) || exit
	[ -f Makefile ] || cross_configure || exit
	cross_make -j"$(nproc)" $(cross_make print-installed | tail -n 1) &&
		DOMAIN_ROOT=$XEN_ROOT DOMAIN_POLICY=$TOP/tests/policy.json cross_make domain-images
)

# cross_programs: what that has built.
cross_programs() {
	cross_make print-installed | tail -n 1 | tr ' ' '\n' | sed "s,^,$XEN_BUILD/,"
}

cross_program() {
	find "$XEN_BUILD" -maxdepth 2 -type f -name "$1"
}
