# SPDX-License-Identifier: BSD-3-Clause
# Suspended, and gone on from: once, by whom it may be, and whoever dies meanwhile.
pcr() { quick tpm2_pcrread sha256:16 | sed -n 's/^ *16 *: *//p'; }
extend() { quick tpm2_pcrextend "16:sha256=$(printf '%064d' 7)"; }
pcr_is() {
	local now
	now=$(pcr)
	[ "$now" = "$1" ] || { echo "got '$now', not '$1'"; return 1; }
}
suspend() { say suspend && expect 'suspends *' && expect 'exited code 0'; }
fresh=0x$(printf '%064d' 0)

for slots in 2 3; do
	say "slots $slots"
	say "fresh $((slots - 2))"
	say start
	check "$slots slots: a new vTPM" expect ready
	check "an index" quick tpm2_nvdefine -Q 0x1500001 -s 8
	check "with a text" write suspense
	check "a PCR" extend
	extended=$(pcr)

	before=$(commits)
	check "suspend" suspend
	check "by one commit" test "$(commits)" -eq $((before + 1))
	say start
	check "it goes on" expect ready
	check "by another" test "$(commits)" -eq $((before + 2))
	check "where it was" pcr_is "$extended"
	check "with its NV" reads suspense

	say hold
	say suspend
	check "one whose suspended state waits to be anchored" expect 'dirty *'
	say kill
	expect 'exited signal 9'
	say release
	say start
	check "and that dies, starts again" expect ready
	check "from what was anchored" pcr_is "$fresh"
	check "a PCR" extend

	say hold
	say suspend
	expect 'dirty *'
	say anchor
	check "the suspended state is anchored, and nobody told" expect 'silently *'
	say kill
	expect 'exited signal 9'
	say release
	say start
	check "who dies then is suspended, and goes on" expect ready
	check "where it was" pcr_is "$extended"

	check "suspend" suspend
	say hold
	say start
	check "its first state waits to be anchored" expect 'dirty *'
	PATIENCE=2 check "and no guest is served" refused random
	say kill
	expect 'exited signal 9'
	say release
	say start
	check "who dies then goes on from the same state" expect ready
	check "where it was" pcr_is "$extended"

	check "suspend" suspend
	say hold
	say start
	expect 'dirty *'
	say anchor
	check "its first state is anchored, and nobody told" expect 'silently *'
	say kill
	expect 'exited signal 9'
	say release
	say start
	check "who dies then starts" expect ready
	check "after a reset" pcr_is "$fresh"
	check "with its NV" reads suspense
	check "a PCR" extend

	say hold
	say suspend
	expect 'dirty *'
	say anchor
	expect 'silently *'
	say keys-die
	say keys-new
	check "a new key keeper knows that it is suspended" expect 'resume * waiting'
	check "and so the worker does" expect 'exited code 0'
	say release
	say start
	check "it goes on" expect ready
	check "where it was" pcr_is "$extended"

	say hold
	say suspend
	expect 'dirty *'
	say broker-die
	say broker-new
	say release
	check "a new broker is sent the suspended state" expect 'exited code 0'
	say start
	check "which it goes on from" expect ready
	check "where it was" pcr_is "$extended"

	say hold
	write patience >/dev/null 2>&1 &
	writer=$!
	check "a write waits" expect '[dp][iu][rt]*'
	say suspend
	sleep 0.3
	check "and is waited for" kill -0 $writer
	say release
	check "then it is suspended" expect 'exited code 0'
	wait $writer
	say start
	check "it goes on" expect ready
	check "with what was written" reads patience

	say "stall 1"
	say suspend
	check "while commits fail it is not suspended" expect 'kept unavailable'
	check "and serves" random
	say "stall 0"
	say hold
	say suspend
	expect 'suspends *'
	check "after some time that is given up" expect 'kept timeout'
	before=$(commits)
	say release
	check "it goes on" random
	check "with two commits" test "$(commits)" -eq $((before + 2))
	check "where it was" pcr_is "$extended"
	check "it writes" write goes-on_
	check "suspend" suspend

	say discard
	say start
	check "a start that discards" expect ready
	check "is a reset" pcr_is "$fresh"
	check "with its NV" reads goes-on_
	check "a PCR" extend
	say kill
	expect 'exited signal 9'
	say start
	check "there is nothing to go on from then" expect ready
	check "but a reset" pcr_is "$fresh"

	check "suspend" suspend
	say misname
	say start
	check "another volatile state than is anchored" expect 'failed rollback'
	expect 'exited code 1'
	say misname
	say spoil
	say start
	check "another blob" expect 'failed rollback'
	expect 'exited code 1'
	say lose
	say start
	check "a blob that cannot be read" expect 'failed not-found'
	expect 'exited code 1'
	say spoil
	say start
	check "the right one" expect ready
	say stop
	expect 'exited code 0'
done
