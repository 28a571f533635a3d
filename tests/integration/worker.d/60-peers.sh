# SPDX-License-Identifier: BSD-3-Clause
# Peers that die, come back, lie; blobs that are not what was anchored.
check "NV index" quick tpm2_nvdefine -Q 0x1500001 -s 8
write() { echo -n "$1" >"$dir/value"; quick tpm2_nvwrite -Q 0x1500001 -i "$dir/value"; }
reads() { [ "$(quick tpm2_nvread 0x1500001)" = "$1" ]; }

say keys-die
check "no key keeper: reads go on" random
write without_ >/dev/null 2>&1 &
writer=$!
check "no key keeper: a write reaches the broker" expect 'put *'
sleep 0.3
check "and waits" kill -0 $writer
say keys-new
check "the new one is told that a state waits" expect 'resume * waiting'
check "and anchors it" expect 'anchored *'
check "the write is answered" wait $writer
check "and there" reads without_

say hold
write secretly >/dev/null 2>&1 &
writer=$!
check "a change that is anchored just before the key keeper dies" expect 'dirty *'
say anchor
expect 'silently *'
say keys-die
say keys-new
say release
check "is recognised" expect 'resume * waiting'
check "and answered" wait $writer
check "there" reads secretly
say keys-die
say keys-new
check "a change of key keepers with nothing to do" expect 'resume * idle'
check "writes go on" write nothing_

say broker-die
check "no broker: reads go on" reads nothing_
write brokered >/dev/null 2>&1 &
writer=$!
sleep 0.3
check "no broker: writes wait" kill -0 $writer
say broker-new
check "the new one is told" expect ready
check "gets the blob" expect 'anchored *'
check "the write is answered" wait $writer

say hold
write replaced >/dev/null 2>&1 &
writer=$!
expect 'dirty *'
say broker-die
say broker-new
say release
check "a blob that the dead broker had is sent again" expect 'anchored *'
check "answered" wait $writer
check "restart" restart
check "there after a restart" reads replaced

for peer in keys broker super; do
	say "garbage $peer"
	check "nonsense from $peer ends the worker" expect 'exited code 1'
	say start
	check "it starts again" expect ready
done
check "the acknowledged state" reads replaced

# NV_Write by hand: the tool would go on talking.
say hold
raw tpm "8002 0000002b 00000137 01500001 01500001 00000009 40000009 0000 00 0000 0008 6c6f73745f5f5f5f 0000" >"$dir/written" &
writer=$!
expect 'dirty *'
say stop
sleep 0.2
say release
check "stop while a state waits" expect 'exited code 0'
wait $writer
check "that write is acknowledged" grep -q ^80020000001300000000 "$dir/written"
say start
expect ready
check "and kept" reads lost____

say hold
write unacked_ >/dev/null 2>&1 &
writer=$!
expect 'dirty *'
say kill
expect 'exited signal 9'
say release
say start
expect ready
check "kill -9 with a state waiting: the write failed" refused wait $writer
check "and what was acknowledged is there" reads lost____

say super-stop
check "the supervisor's stop" expect 'exited code 0'
say spoil
say start
check "a flipped bit is found" expect 'failed rollback'
check "and ends the worker" expect 'exited code 1'
say spoil
say lose
say start
check "no blob at all is said" expect 'failed not-found'
check "and ends the worker too" expect 'exited code 1'
say start
check "the right blob is taken" expect ready
check "with its content" reads lost____
say stop
expect 'exited code 0'
