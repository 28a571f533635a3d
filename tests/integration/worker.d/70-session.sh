# SPDX-License-Identifier: BSD-3-Clause
# Class session: what is anchored, what is only stored, and from which state a worker starts.
stored() { status 10; }
# costs COMMITS STORED COMMAND...: how many states it anchors, and how many it stores.
costs() {
	local commits=$1 stored=$2 before
	shift 2
	before="$(commits) $(stored)"
	"$@" || return 1
	[ "$(commits) $(stored)" = "$((${before% *} + commits)) $((${before#* } + stored))" ] ||
		{ echo "before: $before; now: $(commits) $(stored)"; return 1; }
}
both() { write "$1" && write "$2"; }

say "slots 3"
say "fresh 1"
say start
check "a first start" expect ready
check "the definition of an index is stored" costs 0 1 quick tpm2_nvdefine -Q 0x1500001 -s 8 \
	-a 'authread|authwrite|no_da'
check "many tries" quick tpm2_dictionarylockout -s -n 24 -t 100000 -l 100000
check "a write too" costs 0 1 write first___
check "a read is neither" costs 0 0 reads first___
check "an index that is protected against guessing" costs 0 1 \
	quick tpm2_nvdefine -Q 0x1500003 -s 4 -p right -a 'authread|authwrite'
echo -n 1234 >"$dir/four"
# The first use of such an index after TPM2_Startup is refused with TPM_RC_RETRY, and remembered.
check "its first use is anchored" costs 1 1 quick tpm2_nvwrite -Q 0x1500003 -P right -i "$dir/four"
guess() { ! quick tpm2_nvread -Q 0x1500003 -P wrong -s 4; }
check "a wrong guess is anchored" costs 1 0 guess
check "and the write after it stored" costs 0 1 write second__

say stop
check "the last state is anchored as such" expect 'last *'
check "and it ends" expect 'exited code 0'
say start
check "it starts from there" expect ready
check "with what was written" reads second__

check "two more writes" costs 0 2 both third___ fourth__
say kill
expect 'exited signal 9'
say start
check "a dead worker's successor is ready" expect ready
check "it has the newest state" reads fourth__
check "two more" both fifth___ sixth___
say kill
expect 'exited signal 9'
# The newest state's slot is that of the parity of its version.
newest=$(($(status 2) + 2))
say "spoil-session $((newest & 1))"
say start
check "with the newest state spoiled it starts" expect ready
check "from the one before" reads fifth___
check "one more" write seventh_
say kill
expect 'exited signal 9'
say epoch
say start
check "with states of another epoch it starts" expect ready
check "from the anchored one" reads fifth___

say hold
write held____ >/dev/null 2>&1 &
writer=$!
check "a session state is put" expect 'put *'
sleep 0.3
check "its response is held" kill -0 $writer
say broker-die
say broker-new
check "a new broker gets it again" expect 'put *'
say release
check "stores it" expect 'stored *'
check "and it is answered" wait $writer
say keys-die
check "without a key keeper writes go on" write keyless_
say keys-new
check "the new one has nothing to do" expect 'resume * idle'
check "writes still go on" costs 0 1 write keyed___
say hold
(guess >/dev/null 2>&1)&
writer=$!
check "a wrong guess waits to be anchored" expect 'dirty *'
say keys-die
say keys-new
check "also by a new key keeper" expect 'resume * waiting'
say release
check "which does it" expect 'anchored *'
check "and it is answered" wait $writer

check "a write that is stored" costs 0 1 write debt____
say "fresh 0"
check "class strict: it is anchored at once" expect 'anchored *'
check "and so is the next" costs 1 0 write strict__
say "fresh 1"
check "class session again" costs 0 1 write session_
say "stall 1"
say hold
say "fresh 0"
check "while commits fail nothing is anchored for that: what stores nothing goes on" random
say "stall 0"
check "but as soon as they succeed" expect 'dirty *'
say release
check "it is" expect 'anchored *'
say "fresh 1"
check "and once more class session" costs 0 1 write session2

say "store-stall 1"
check "the store fails: reads go on" random
check "what may store is to be retried" answers tpm 80010000000a00000922 "8001 0000000c 00000145 0000"
say "store-stall 0"
check "it works again: it is executed" write stored__
say "stall 2"
check "no budget is left: retry" answers tpm 80010000000a00000922 "8001 0000000c 00000145 0000"
say stop
check "but it can be stopped" expect 'last *'
check "in order" expect 'exited code 0'
say start
check "and started" expect ready
check "with its last state" reads stored__

say garbage broker
check "nonsense ends it" expect 'exited code 1'
say "slots 2"
say "fresh 0"
