# SPDX-License-Identifier: BSD-3-Clause
# boot: QEMU as an ARM64 machine with a TPM, on which Xen starts, and Debian's kernel as its dom0.
# Needs tools/stack.sh.

BOARD="-machine virt,virtualization=on,gic-version=3 -cpu cortex-a57 -smp 1 -m 2048
	-accel tcg,tb-size=512 -display none -nodefaults -no-reboot"
XEN_ARGS="dom0_mem=1024M dom0_max_vcpus=1 console=dtuart dtuart=/pl011@9000000 bootscrub=0"
# The kernel's generator is seeded by the TPM, or the first who asks waits for it. With KASLR goes a page
# table of its own for user space, which this processor can do without: to change it empties the
# emulated TLB, and system calls are slower by a factor of ten and more.
DOM0_ARGS="console=hvc0 rdinit=/init panic=-1 quiet rng_core.default_quality=1000 nokaslr"
KERNEL_AT=0x50000000 # QEMU's device tree lies below it

# board_tpm: the machine's TPM; its state stays in $DIR/ptpm from one boot to the next.
board_tpm_start() {
	mkdir -p "$DIR/ptpm"
	stack_start swtpm swtpm socket --tpm2 --tpmstate "dir=$DIR/ptpm" \
		--ctrl "type=unixio,path=$DIR/tpm" --flags not-need-init,startup-clear
	within 60 test -S "$DIR/tpm"
}

board_tpm_end() {
	stack_end swtpm
	rm -f "$DIR/tpm"
}

board_tpm() {
	echo "-chardev socket,id=tpm,path=$DIR/tpm -tpmdev emulator,id=tpm0,chardev=tpm
		-device tpm-tis-device,tpmdev=tpm0"
}

# With its TPM in it; only QEMU can write that, and needs the TPM for it.
board_tree() {
	board_tpm_start &&
		qemu-system-aarch64 $BOARD $(board_tpm) -machine "dumpdtb=$XEN_CACHE/board.dtb"
	board_tpm_end
	[ -s "$XEN_CACHE/board.dtb" ]
}

size_of() {
	stat -L -c %s "$1"
}

above() {
	printf '0x%x' $((($1 + $(size_of "$2") + 0x3fffff) & ~0x1fffff))
}

# add_module TREE ADDRESS FILE KIND: what Xen is to find in memory at that address.
add_module() {
	local node=/chosen/module@${2#0x}
	fdtput -c "$1" "$node" &&
		fdtput -t s "$1" "$node" compatible "$4" multiboot,module &&
		fdtput -t x "$1" "$node" reg 0 "${2#0x}" 0 "$(printf %x "$(size_of "$3")")" &&
		MODULES+=(-device "loader,addr=$2,file=$3,force-raw=on") && MODULE_NODE=$node
}

# boot_modules TREE INITRD ARGS [POLICY]: kernel, initramfs, FLASK policy. Fills MODULES.
boot_modules() {
	local kernel=$(xen_kernel) at
	MODULES=()
	fdtput -t x "$1" /chosen '#address-cells' 2 && fdtput -t x "$1" /chosen '#size-cells' 2
	add_module "$1" $KERNEL_AT "$kernel" multiboot,kernel &&
		fdtput -t s "$1" "$MODULE_NODE" bootargs "$DOM0_ARGS $3" || return
	at=$(above $KERNEL_AT "$kernel")
	add_module "$1" "$at" "$2" multiboot,ramdisk || return
	[ -z "${4:-}" ] || add_module "$1" "$(above "$at" "$2")" "$4" xen,xsm-policy
}

# board_command NAME INITRD [QEMU option...]: what is then to be run is in COMMAND; the TPM runs.
# CMDLINE: more for dom0's kernel; XSM: more for Xen; FLASK: a policy file.
board_command() {
	local tree=$DIR/$1.dtb initrd=$2
	shift 2
	cp "$XEN_CACHE/board.dtb" "$tree" &&
		boot_modules "$tree" "$initrd" "${CMDLINE:-}" "${FLASK:-}" && board_tpm_start || return
	COMMAND=(qemu-system-aarch64 $BOARD $(board_tpm) -dtb "$tree"
		-kernel "$XEN_ROOT/boot/xen-4.17-arm64" -append "$XEN_ARGS ${XSM:-}" "${MODULES[@]}" "$@")
}
