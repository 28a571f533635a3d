#!/bin/busybox sh
# SPDX-License-Identifier: BSD-3-Clause
# A guest's init. It does what the word after "task=" on its kernel's command line says: a function
# of this file, or of /task; what it finds it says on its console as tests/xen/dom0.sh does.
/bin/busybox --install -s /bin
export PATH=/usr/sbin:/usr/bin:/sbin:/bin TPM2TOOLS_TCTI=device:/dev/tpm0
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /tmp /run
while read -r module; do
	insmod "$module" || echo "guest not ok: insmod $module"
done </etc/modules
[ -d /proc/xen ] && mount -t xenfs xenfs /proc/xen
SAYS=guest
. /lib.sh

tpm_driver() {
	insmod /lib/xen-tpmfront.ko && within 300 test -c /dev/tpm0
}

# keyed TOOL...: behind /dev/tpm0 nobody but us makes room for the next one's keys.
keyed() {
	"$@" && tpm2_flushcontext -t
}

nonce() {
	head -c 16 /dev/urandom | od -An -tx1 | tr -d ' '
}

quote_holds() {
	tpm2_checkquote -Q -u ak.pem -m quote -s quote.sig -f quote.pcrs -g sha256 -q "$1"
}

# tpm_quotes PCR: signed by the key in ak.ctx, over a nonce that its verifier drew.
tpm_quotes() {
	drawn=$(nonce)
	check "a quote" keyed tpm2_quote -Q -c ak.ctx -l "sha256:$1" -q "$drawn" -g sha256 -m quote \
		-s quote.sig -o quote.pcrs
	check "its key's public half" keyed tpm2_readpublic -Q -c ak.ctx -f pem -o ak.pem
	check "it is that key's, over this nonce" quote_holds "$drawn"
	check "and over no other" refused quote_holds "$(nonce)"
}

tpm_tools() {
	check "random bytes" tpm2_getrandom --hex 8
	check "a primary key" keyed tpm2_createprimary -Q -C o -G ecc -c primary.ctx
	check "a key below it" keyed tpm2_create -Q -C primary.ctx -G ecc:ecdsa-sha256:null -c ak.ctx \
		-a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign'
	check "an NV index" tpm2_nvdefine -Q 0x1500001 -C o -s 8 -a 'ownerread|ownerwrite|nt=counter'
	check "counts" tpm2_nvincrement -Q 0x1500001 -C o
	check "an extend" tpm2_pcrextend 16:sha256=$(printf %064d 1)
	tpm_quotes 16
}

# One more on a counter that outlives the guest; its count is on the console.
count() {
	tpm2_nvreadpublic 0x1500001 >/dev/null 2>&1 || check "a counter" tpm2_nvdefine -Q 0x1500001 \
		-C o -s 8 -a 'ownerread|ownerwrite|nt=counter'
	check "counts" within 300 tpm2_nvincrement -Q 0x1500001 -C o
	counter=$((0x$(tpm2_nvread 0x1500001 -C o -s 8 | od -An -tx1 | tr -d ' ')))
	echo "guest counter $counter"
}

# keys NAME: one process' use of a TPM, each step of which is a process of its own.
keys() {
	mkdir "$1" && echo signed >"$1/message" &&
		tpm2_createprimary -Q -C o -G ecc -c "$1/primary" &&
		tpm2_create -Q -C "$1/primary" -G ecc -u "$1/public" -r "$1/private" -c "$1/key" &&
		tpm2_startauthsession -S "$1/session" && tpm2_policypcr -Q -S "$1/session" -l sha256:16 &&
		tpm2_sign -Q -c "$1/key" -o "$1/signature" "$1/message" &&
		tpm2_verifysignature -Q -c "$1/key" -m "$1/message" -s "$1/signature" &&
		tpm2_flushcontext "$1/session"
}

# Two of them at a time; who is the first to fail says why.
keys_twice() {
	keys one 2>one.err &
	keys two 2>two.err || { cat two.err && return 1; }
	wait $! || { cat one.err && return 1; }
}

pcr_16() {
	cat "/sys/class/tpm/$1/pcr-sha256/16"
}

# The raw device alone keeps what every process leaves behind, and serves one at a time.
raw_device() {
	check "it is one for TPM 1.2" grep -qx 1 /sys/class/tpm/tpm0/tpm_version_major
	check "it comes to its end" refused keys raw
	tpm2_flushcontext -t
	tpm2_flushcontext -l
	tpm2_flushcontext -s
}

# The vTPM tests itself before there is a device.
bridge() {
	background vtpm-bridge vtpm-bridge /dev/tpm0
	check "a device with a resource manager" within 300 test -c /dev/tpmrm1
	check "it is a TPM 2.0" grep -qx 2 /sys/class/tpm/tpm1/tpm_version_major
}

# bridge_ends DESCRIPTION COMMAND...: of its exit status
bridge_ends() {
	check "its device is gone" within 300 test ! -e /dev/tpmrm1
	check "$@" || sed 's/^/guest: /' /var/log/vtpm-bridge.log
}

tpm_bridge() {
	tpm_tools
	raw_device
	export TPM2TOOLS_TCTI=device:/dev/tpmrm1
	bridge
	check "the raw one is in use" refused tpm2_getrandom -T device:/dev/tpm0 8
	check "two processes' keys and sessions at a time" keys_twice
	check "an extend" tpm2_pcrextend 16:sha256=$(printf %064d 1)
	before=$(pcr_16 tpm1)
	check "its PCR, as the kernel reads it" test ${#before} -eq 64 -a "$before" != "$(printf %064d 0)"
	kill "$(pid_of vtpm-bridge)"
	bridge_ends "as it was told" wait "$(pid_of vtpm-bridge)"
	bridge
	check "its PCR is what it was" test "$(pcr_16 tpm1)" = "$before"
	echo vtpm-0 >/sys/bus/xen/drivers/vtpm/unbind
	check "without the raw device there is no answer" refused tpm2_getrandom 8
	bridge_ends "with an error" refused wait "$(pid_of vtpm-bridge)"
}

tpm_used() {
	check "the driver" tpm_driver
	tpm_tools
}

tpm_counts() {
	check "the driver" tpm_driver
	count
}

# TPM2_NV_Increment and TPM2_NV_Read of that counter, as a guest that must know what became of each
# sends them: tools try again by themselves.
AS_OWNER='\x40\0\0\1\1\x50\0\1\0\0\0\x09\x40\0\0\x09\0\0\0\0\0'
INCREMENT="\x80\2\0\0\0\x1f\0\0\1\x34$AS_OWNER"
READ="\x80\2\0\0\0\x23\0\0\1\x4e$AS_OWNER\0\x08\0\0"

# exchange COMMAND: the response, in hexadecimal; nothing: there was none. While the device is away, to
# open /dev/tpm0 so would make a file of it, and a node that was opened then leads nowhere for good.
exchange() {
	rm -f /tmp/tpm
	mknod /tmp/tpm c $tpm_number
	{ printf "$1" >&3 && dd bs=4096 count=1 <&3 | od -An -v -tx1 | tr -d ' \n'; } \
		2>/dev/null 3<>/tmp/tpm
}

# reads_counter: into counter
reads_counter() {
	response=$(exchange "$READ")
	[ "${response:12:8}" = 00000000 ] && counter=$((0x${response:32:16}))
}

# increments: what the counter may be then is from $least to $most. RC_RETRY: nothing was done.
increments() {
	response=$(exchange "$INCREMENT")
	case ${response:12:8} in
	00000000) least=$((counter + 1)) most=$((counter + 1)) ;;
	00000922) least=$counter most=$counter ;;
	*)
		least=$counter most=$((counter + 1))
		echo "guest does not know: ${response:-no answer}"
		;;
	esac
}

# Counts for as long as it lives, and says before each count that it asks for it, and afterwards what
# the counter is: what was acknowledged is never lost, and nothing is counted twice.
tpm_counts_on() {
	tpm_counts
	tpm_number=$(tr : ' ' </sys/class/tpm/tpm0/dev)
	while :; do
		echo "guest asks for more than $counter"
		increments
		within 300 reads_counter || echo "guest not ok: its counter cannot be read: $response"
		[ "$counter" -ge "$least" ] && [ "$counter" -le "$most" ] ||
			echo "guest not ok: the counter is $counter, not from $least to $most"
		echo "guest counts $counter"
		sleep 0.5 # the processor is dom0's as well
	done
}

for word in $(cat /proc/cmdline); do
	case $word in
	task=*) task=${word#task=} ;;
	esac
done
echo "guest up $(uptime_s)"
[ ! -f /task ] || . /task
cd /tmp
[ -z "${task:-}" ] || $task
echo "guest done $(uptime_s)"
exec setsid cttyhack sh -l
