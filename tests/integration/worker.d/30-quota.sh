# SPDX-License-Identifier: BSD-3-Clause
# A state that does not fit the quota is not kept, and breaks nothing.
check "restart with 16 KiB" restart 16384
head -c 2048 /dev/urandom >"$dir/big"
check "an index to write later" quick tpm2_nvdefine -Q 0x1500100 -s 64
fill() {
	for i in $(seq 16 31); do
		quick tpm2_nvdefine -Q "0x15001$i" -s 2048 2>"$dir/why" || return 0
	done
	return 1
}
check "NV fills up" fill
check "with TPM_RC_NV_SPACE" grep -qi 0x14b "$dir/why"
check "the TPM works on" random
check "the last index fills nothing" refused quick tpm2_nvreadpublic 0x1500131
check "sessions and keys work on" quick tpm2_createprimary -Q -C o -c "$dir/primary.ctx"
quick tpm2_flushcontext -t
check "writes within it" quick tpm2_nvwrite -Q 0x1500100 -i "$dir/value"
check "the state fits" [ "$(status 4)" -le 16384 ]
check "restart with 16 KiB again" restart 16384
check "what fitted is there" quick tpm2_nvread -s 8 0x1500100
check "restart with the old quota" restart
clean() { quick tpm2_clear -c p; }
check "clear" clean
