# SPDX-License-Identifier: BSD-3-Clause
# tpm2-tools use it unmodified, and what they store is there after a restart.
say start
check "starts and commits its first state" expect ready
check "runs as its own user" grep -q "^Uid:[[:space:]]*$guest_uid[[:space:]]*$guest_uid" "/proc/$(status 8)/status"
check "random bytes" random
check "primary key" quick tpm2_createprimary -Q -C o -c "$dir/primary.ctx"
check "signing key" quick tpm2_create -Q -C "$dir/primary.ctx" -G ecc -u "$dir/key.pub" -r "$dir/key.priv"
check "sessions are flushed" quick tpm2_flushcontext -t
check "NV index" quick tpm2_nvdefine -Q 0x1500001 -s 8
echo -n acknowl1 >"$dir/value"
check "NV write" quick tpm2_nvwrite -Q 0x1500001 -i "$dir/value"
before=$(commits)
check "writing the same again" quick tpm2_nvwrite -Q 0x1500001 -i "$dir/value"
check "commits nothing" [ "$(commits)" -eq "$before" ]
check "PCR extend" quick tpm2_pcrextend -Q "16:sha256=$(printf '%064d' 7)"
check "random bytes again" random
check "commits nothing either" [ "$(commits)" -eq "$before" ]
check "restart" restart
check "NV content is there" [ "$(quick tpm2_nvread 0x1500001)" = acknowl1 ]
say kill
check "kill -9" expect 'exited signal 9'
say start
check "starts again" expect ready
check "NV content is there still" [ "$(quick tpm2_nvread 0x1500001)" = acknowl1 ]
reconnects() { for _ in $(seq 25); do random || return 1; done; }
check "connections come and go" reconnects
