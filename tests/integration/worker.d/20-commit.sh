# SPDX-License-Identifier: BSD-3-Clause
# No answer before the state is anchored; meanwhile the control channel lives.
say hold
(quick tpm2_nvundefine -Q 0x1500001 && touch "$dir/answered") &
writer=$!
check "a change is reported" expect 'dirty *'
sleep 0.3
check "its response is held" [ ! -e "$dir/answered" ]
check "capabilities while held" ctrl -c
check "information while held" ctrl --info 1
(ctrl -l 2 && touch "$dir/located") &
locator=$!
sleep 0.2
check "the locality waits" [ ! -e "$dir/located" ]
say release
check "anchored" expect 'anchored *'
check "then answered" wait $writer
check "then located" wait $locator
check "locality 0 again" ctrl -l 0

# NV_DefineSpace of 4 bytes by a guest that leaves, then the next one's GetRandom, which has to wait.
define="8002 0000002d 0000012a 40000001 00000009 40000009 0000 00 0000 0000 000e 01500002 000b 00060006 0000 0004"
getrandom="8001 0000000c 0000017b 0004"
say hold
PATIENCE=1 raw tpm "$define" >/dev/null &
check "a change is reported again" expect 'dirty *'
wait $!
answers tpm 80010000000a00000909 "$getrandom" >"$dir/canceled" &
waiting=$!
cancel_until_answered() {
	for _ in $(seq 300); do
		ctrl -C && sleep 0.1
		kill -0 $waiting 2>/dev/null || return 0
	done
	return 1
}
check "CANCEL while held" cancel_until_answered
check "the command that waits is cancelled" wait $waiting
say release
check "the commit is made" expect 'anchored *'

say "stall 1"
echo -n 1234 >"$dir/four"
check "stalled: reads go on" random
check "stalled: PCRs go on" quick tpm2_pcrextend -Q "16:sha256=$(printf '%064d' 8)"
check "stalled: what may store is to be retried" answers tpm 80010000000a00000922 "8001 0000000c 00000145 0000"
say "stall 0"
check "no stall: it is executed" quick tpm2_nvwrite -Q 0x1500002 -i "$dir/four"
check "and there" [ "$(quick tpm2_nvread 0x1500002)" = 1234 ]
say hold
tpm2_nvundefine -Q 0x1500002 2>/dev/null &
leaves=$!
check "a change by a guest that leaves while its response is held" expect 'dirty *'
kill $leaves
wait $leaves 2>/dev/null
say release
check "the commit is made" expect 'anchored *'
check "the next guest is served" random
