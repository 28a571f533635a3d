# SPDX-License-Identifier: BSD-3-Clause
# efi: the machine of boot.sh as a measured boot starts it: Debian's UEFI firmware, GRUB with its tpm
# module, Xen, dom0. Firmware and GRUB extend PCRs 0 to 9. Needs tests/xen/lib.sh.

GRUB=$XEN_GRUB/usr/lib/grub/arm64-efi
FIRMWARE=/usr/share/qemu-efi-aarch64/QEMU_EFI.fd

# efi_tpm: a TPM with the one bank that is asked for: firmware and GRUB hash all that they start once
# for each, without a processor's help.
efi_tpm() {
	mkdir -p "$DIR/ptpm" && swtpm_setup --tpm2 --tpmstate "$DIR/ptpm" --pcr-banks sha256
}

# efi_partition INITRD ARGS: what the firmware boots; ARGS: more for dom0's kernel, XSM: for Xen;
# FLASK: its policy, which it knows by the first bytes.
efi_partition() {
	local esp=$DIR/esp
	rm -rf "$esp" && mkdir -p "$esp"/EFI/{BOOT,debian/arm64-efi} &&
		cp "$GRUB/monolithic/grubaa64.efi" "$esp/EFI/BOOT/BOOTAA64.EFI" &&
		cp "$GRUB"/{tpm,xen_boot,fdt}.mod "$GRUB"/*.lst "$esp/EFI/debian/arm64-efi/" &&
		ln "$1" "$esp/initrd" && cp "$XEN_ROOT/boot/xen-4.17-arm64.efi" "$esp/xen.efi" &&
		cp "$(xen_kernel)" "$esp/kernel" && cp "$FLASK" "$esp/policy" &&
		cat >"$esp/EFI/debian/grub.cfg" <<GRUB
set timeout=0
insmod tpm
insmod xen_boot
search --no-floppy --set=root --file /xen.efi
xen_hypervisor /xen.efi $XEN_ARGS ${XSM:-}
xen_module /kernel $DOM0_ARGS $2
xen_module --nounzip /initrd
xen_module --nounzip /policy
boot
GRUB
}

# efi_board: as board_command does; what the firmware keeps of its own starts empty each time. It waits
# for nobody who might want its menu.
efi_board() {
	truncate -s 64M "$DIR/firmware" "$DIR/firmware.vars" &&
		dd if="$FIRMWARE" of="$DIR/firmware" conv=notrunc status=none && board_tpm_start || return
	COMMAND=(qemu-system-aarch64 $BOARD -no-acpi -boot menu=on,splash-time=0 $(board_tpm)
		-drive "if=pflash,format=raw,readonly=on,file=$DIR/firmware"
		-drive "if=pflash,format=raw,file=$DIR/firmware.vars"
		-drive "if=none,id=esp,readonly=on,format=raw,file=fat:ro:$DIR/esp"
		-device virtio-blk-device,drive=esp)
}

# efi_start NAME INITRD ARGS [QEMU option...]: dom0's task runs then; efi_wait is for its end.
efi_start() {
	local name=$1 initrd=$2 args=$3
	shift 3
	must "$name: the boot partition" efi_partition "$initrd" "$args"
	must "$name: the board" efi_board
	stack_start "$name" "${COMMAND[@]}" -serial "file:$DIR/$name.console" "$@"
}

# efi_wait NAME SECONDS
efi_wait() {
	within "$2" board_ended "$1" || fail "$1 did not end within $2 s"
	stack_end "$1"
	board_tpm_end
	verdict_of "$1"
}
