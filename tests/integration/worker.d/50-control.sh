# SPDX-License-Identifier: BSD-3-Clause
# The control protocol, as swtpm_ioctl and tpm2-tss speak it.
gives() { local pattern=$1; shift; "$@" 2>&1 | grep -q "$pattern"; }
check "capabilities" gives 0x7cbf ctrl -c
check "configuration" gives 0x0 ctrl -g
check "information" gives '"family":"2.0"' ctrl --info 1
check "buffer size" gives 4096 ctrl -b 0
check "a buffer size while on" refused ctrl -b 3000
check "tpmEstablished" gives 'is 0' ctrl -e
check "H-CRTM hash" ctrl -h abcd
check "tpmEstablished afterwards" gives 'is 1' ctrl -e
check "its reset needs locality 3 or 4" refused ctrl -r 0
check "its reset" ctrl -r 3
check "locality 5" answers tpm.ctrl 0000003d "00000005 05000000"
check "locality as tpm2-tss sends it" answers tpm.ctrl 00000000 "00000005 00"
check "nothing to cancel" ctrl -C
check "not offered: volatile state" refused ctrl -v
check "not offered: state blobs" refused ctrl --save permanent "$dir/blob"
check "not offered: storage lock" answers tpm.ctrl 0000000a "00000013 00000000"
in_locality() { quick tpm2_pcrreset "$1"; }
check "PCR 20 in locality 0" refused in_locality 20
check "another locality" ctrl -l 2
# tpm2-tss itself sets locality 0 when it connects, so this one is spoken by hand.
reset20="8002 0000001b 0000013d 00000014 00000009 40000009 0000 00 0000"
check "PCR 20 in locality 2" answers tpm 80020000001300000000000000000000010000 "$reset20"
check "locality 0 again" ctrl -l 0
check "NV index" quick tpm2_nvdefine -Q 0x1500001 -s 8
check "INIT" ctrl -i
check "wants TPM2_Startup then" answers tpm 80010000000a00000100 "8001 0000000c 0000017b 0004"
check "TPM2_Startup" quick tpm2_startup -c
check "keeps NV" quick tpm2_nvreadpublic 0x1500001
check "STOP" ctrl --stop
check "is off" answers tpm 80010000000a00000100 "8001 0000000a 00000181"
check "a buffer size while off" gives 3000 ctrl -b 3000
check "no tpmEstablished while off" refused ctrl -e
check "the largest buffer again" gives 4096 ctrl -b 4096
check "INIT after STOP" ctrl -i
check "TPM2_Startup after STOP" quick tpm2_startup -c
check "SHUTDOWN only switches off" ctrl -s
check "INIT after SHUTDOWN" ctrl -i
check "TPM2_Startup after SHUTDOWN" quick tpm2_startup -c
check "NV is still there" quick tpm2_nvundefine -Q 0x1500001

# libtpms looks at its cancel flag between the two primes of an RSA key, so a few keys may get through.
PATIENCE=300 check "CANCEL of a command that executes" quick python3 "$parts/cancel.py" "$dir" early
PATIENCE=300 check "CANCEL on a connection made meanwhile" quick python3 "$parts/cancel.py" "$dir" late
check "the TPM works on" random
quick tpm2_flushcontext -t
