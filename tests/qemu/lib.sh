# SPDX-License-Identifier: BSD-3-Clause
# lib: guests of an unmodified QEMU whose TPM is one of our vTPMs. What every test here starts with.
#
# A test writes what its guest does with guest_task, boots it, and reads what it said on its
# console: lines "guest ok: ..." and "guest not ok: ...".
. "$TOP/tests/lib.sh"
. "$TOP/tests/qemu/image.sh"

TPM_DEVICE=tpm-crb
GUEST_QEMU="qemu-system-x86_64 -machine q35,accel=tcg -cpu max"
GUEST_CONSOLE=ttyS0

# guest_task NAME: standard input is what that guest runs (see init.sh).
guest_task() {
	mkdir -p "$DIR/$1.root"
	cat >"$DIR/$1.root/task"
	{ cat "$GUEST_INITRAMFS" && archive "$DIR/$1.root"; } >"$DIR/$1.initrd"
}

# guest_start NAME VTPM [QEMU option...]: boots it in the background. CMDLINE: more for its kernel.
# Its kernel would try the timer for a few ticks, which a loaded host does not give it, and panic.
guest_start() {
	local name=$1 ctrl
	ctrl=$(vtpm_socket "$2").ctrl || return
	shift 2
	: >"$DIR/$name.console"
	stack_start "$name" $GUEST_QEMU -m 512 -nodefaults -display none -nic none \
		-uuid 11111111-1111-1111-1111-111111111111 \
		-serial "file:$DIR/$name.console" \
		-kernel "$GUEST_KERNEL" -initrd "$DIR/$name.initrd" \
		-append "console=$GUEST_CONSOLE quiet no_timer_check ${CMDLINE:-}" \
		-chardev "socket,id=tpm,path=$ctrl" -tpmdev emulator,id=tpm0,chardev=tpm \
		-device "$TPM_DEVICE,tpmdev=tpm0" "$@"
}

# uefi NAME: the options for Debian's UEFI firmware, with variables of the guest's own.
uefi() {
	[ -f "$DIR/$1.vars" ] || cp /usr/share/OVMF/OVMF_VARS_4M.fd "$DIR/$1.vars"
	echo "-drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd
		-drive if=pflash,format=raw,file=$DIR/$1.vars"
}

# one_bank NAME: its PCRs are of SHA-256 alone, as swtpm_setup has it: firmware hashes all that it starts
# once for each bank, without a processor's help.
one_bank() {
	tpm "$1" tpm2_pcrallocate -Q sha1:none+sha256:all+sha384:none+sha512:none &&
		vtpmctl stop "$1" && vtpmctl start "$1"
}

refused() {
	! "$@"
}

# guest_said NAME PATTERN
guest_said() {
	grep -qE -- "$2" "$DIR/$1.console"
}

guest_ended() {
	gone "${STACK_PID[$1]}"
}

# guest_finish NAME: it must end by itself, having done all it was to do.
guest_finish() {
	within 400 guest_ended "$1" || fail "$1 did not end within 400 s"
	stack_end "$1"
	guest_verdict "$1"
}

guest_verdict() {
	local console=$DIR/$1.console
	grep -aE '^guest (ok|not ok)' "$console"
	if grep -qa '^guest not ok' "$console" || ! grep -qa '^guest done' "$console"; then
		fail "the guest $1:"
		sed 's/^/    /' "$console"
	fi
}

must "the guest's image" guest_image
