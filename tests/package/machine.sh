# SPDX-License-Identifier: BSD-3-Clause
# machine: one that has the packages, systemd, and a TPM, in QEMU. Sourced by debian.

GUEST_MODULES="virtio_pci virtio_blk ext4 tpm_tis"
KERNEL_VERSION=${GUEST_KERNEL##*/vmlinuz-}

# guest.sh as a service, and a rule that takes a second TPM for one of Xen's frontend.
tests_into() {
	local etc=$1/etc
	install -m755 "$TOP/tests/package/guest.sh" "$1/usr/local/sbin/guest"
	install -m644 "$TOP/tests/package/guest.service" "$etc/systemd/system"
	ln -s ../guest.service "$etc/systemd/system/multi-user.target.wants/guest.service"
	# A login on the console would hang up on the guest.
	ln -s /dev/null "$etc/systemd/system/serial-getty@ttyS0.service"
	sed 's/DRIVERS=="vtpm", ATTR{tpm_version_major}=="1"/KERNEL=="tpm1"/' \
		"$1/lib/udev/rules.d/60-vtpm-bridge.rules" >"$etc/udev/rules.d/61-second-tpm.rules"
}

# What is loaded once the machine is up.
drivers_into() {
	local file=$(modinfo -k "$KERNEL_VERSION" -n tpm_vtpm_proxy)
	install -D -m644 "$file" "$1$file" &&
		cp "/lib/modules/$KERNEL_VERSION"/modules.{builtin,order} "$1/lib/modules/$KERNEL_VERSION" &&
		depmod -b "$1" "$KERNEL_VERSION"
}

# The whole machine in one file, and an initramfs that finds it.
machine_image() {
	local root=$DIR/initramfs
	tests_into "$FRESH" && drivers_into "$FRESH" || return
	mke2fs -q -t ext4 -O ^has_journal -d "$FRESH" "$DIR/machine.ext4" 1500M || return
	mkdir -p "$root"/{proc,sys,dev,new,etc,usr/bin,usr/lib} && ln -s usr/bin usr/lib "$root" &&
		cp /bin/busybox "$root/bin" && modules_into "$root" || return
	install -m755 "$TOP/tests/package/initramfs.sh" "$root/init"
	archive "$root" >"$DIR/initrd"
}

boot() {
	stack_start machine qemu-system-x86_64 -machine q35,accel=tcg -cpu max -smp 2 -m 1024 -nodefaults \
		-display none -nic none -serial "file:$DIR/machine.console" \
		-kernel "$GUEST_KERNEL" -initrd "$DIR/initrd" -append "console=ttyS0 quiet no_timer_check $1" \
		-drive "file=$DIR/machine.ext4,format=raw,if=virtio,cache=unsafe" \
		-chardev "socket,id=tpm,path=$DIR/chip.ctrl" -tpmdev emulator,id=tpm0,chardev=tpm \
		-device tpm-tis,tpmdev=tpm0 -no-reboot
}

chip() {
	mkdir -p "$DIR/chip"
	stack_start chip swtpm socket --tpm2 --tpmstate "dir=$DIR/chip" \
		--ctrl "type=unixio,path=$DIR/chip.ctrl" --terminate
	within 60 test -S "$DIR/chip.ctrl"
}

# reported TASK SECONDS: what the machine said of it on its console, once it has switched itself off.
reported() {
	local console=$DIR/machine.console
	within "$2" gone "${STACK_PID[machine]}" || fail "the machine does not end"
	stack_end machine
	stack_end chip
	grep -aoE '(ok|not ok|#): .*' "$console" | sed 's/^/machine: /;s/\r//'
	if grep -qa 'not ok: ' "$console" || ! grep -qa "guest done: $1" "$console"; then
		fail "the machine, $1:"
		tail -n 60 "$console" | sed 's/^/    /'
	fi
	: >"$console"
}
