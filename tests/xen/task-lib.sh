# SPDX-License-Identifier: BSD-3-Clause
# What dom0 and guests share, in busybox' sh. SAYS: who it is that says how a check went.

uptime_s() {
	cut -d ' ' -f 1 /proc/uptime
}

# now: the clock's second, in NOW: to ask for it takes no process.
now() {
	read -r NOW _ </proc/uptime
	NOW=${NOW%.*}
}

# within SECONDS COMMAND...: tries it until it succeeds; fails after SECONDS. Less and less often, down
# to once a second: who asks takes the one processor from whom he waits for.
within() {
	now
	local end=$((NOW + $1)) pause=1
	shift
	until "$@" >/dev/null 2>&1; do
		now
		[ "$NOW" -lt "$end" ] || return 1
		sleep $((pause / 10)).$((pause % 10))
		pause=$((pause < 7 ? pause + pause / 2 + 1 : 10))
	done
}

# check DESCRIPTION COMMAND...
check() {
	what=$1
	shift
	if "$@" >/tmp/out 2>&1; then
		echo "$SAYS ok: $what ($(uptime_s))"
	else
		echo "$SAYS not ok: $what: exit $?: $*"
		cat /tmp/out
		logs
		return 1
	fi
}

# must DESCRIPTION COMMAND...: like check; without it the rest makes no sense.
must() {
	check "$@" || finish
}

finish() {
	echo "$SAYS done $(uptime_s)"
	sync
	poweroff -f
}

# logs: what the programs have said since this was asked the last time.
logs() {
	for log in /var/log/*.log /var/log/xen/guest-*.log; do
		[ -s "$log" ] || continue
		sed "s,^,| ${log##*/}: ," "$log"
		: >"$log"
	done
}

refused() {
	! "$@"
}

# background NAME COMMAND...: logging to /var/log/NAME.log; its pid is in /run/NAME.pid.
background() {
	name=$1
	shift
	"$@" >>"/var/log/$name.log" 2>&1 </dev/null &
	echo $! >"/run/$name.pid"
}

pid_of() {
	cat "/run/$1.pid"
}

# approve VERSION: the authority signs the PCRs as they are, into approval.json.
approve() {
	vtpmctl platform pcrs --pcrs 0-7,15 -o pcrs.json && vtpmctl platform sign-pcrs \
		--key /root/authority.pem --pcrs pcrs.json --version "$1" -o approval.json
}

# What follows is for dom0: the platform as it is run there. DOMAINS: where the kernel and the images
# of manager and stub domains lie. MANAGER_MEMORY, STUB_MEMORY: MiB, if not what they have by default.
# AGENT_OPTIONS: more for the agent.
DOMAINS=/boot

xl_create() {
	xl create "$@"
}

# guest_console NAME: what that domain has said.
guest_console() {
	cat "/var/log/xen/guest-$1.log"
}

guest_said() {
	guest_console "$1" | grep -q "$2"
}

# listening PATH...: somebody does; the file is there a moment earlier, and stays when he was killed.
listening() {
	for path in "$@"; do
		grep -q "00010000 [^/]*$path\$" /proc/net/unix || return
	done
}

proxy_start() {
	background ptpm-proxy ptpm-proxy --tcti device:/dev/tpmrm0 --socket-dir /run/vtpmmgr/ptpm
	within 300 listening /run/vtpmmgr/ptpm/keys /run/vtpmmgr/ptpm/provision
}

# The example, with this machine's paths and digests; STORE: another device.
manager_config() {
	disk="\"format=raw,vdev=xvda,access=rw,script=block-tests,target=${STORE:-/dev/vda}\""
	sed -e "s|^kernel = .*|kernel = \"$DOMAINS/Image\"|" \
		-e "s|^ramdisk = .*|ramdisk = \"$DOMAINS/manager-initramfs\"|" \
		-e "s|^disk = .*|disk = [ $disk ]|" \
		-e "s|^memory = \(.*\)|memory = ${MANAGER_MEMORY:-\1}|" \
		-e "s| --pin-name HEX --stub-image HEX| $*|" /etc/xen/manager.cfg
}

# manager_start [OPTION...]
manager_start() {
	manager_config "$@" >/etc/xen/vtpmmgr.cfg && xl_create /etc/xen/vtpmmgr.cfg
}

agent_start() {
	background vtpmmgr-agent vtpmmgr-agent --verbose --kernel "$DOMAINS/Image" \
		--initramfs "$DOMAINS/stub-initramfs" ${STUB_MEMORY:+--memory "$STUB_MEMORY"} \
		${AGENT_OPTIONS:-}
	within 300 listening /run/vtpmmgr/admin
}

answers() {
	vtpmctl status
}

# platform_up [OPTION...]: everything but vTPMs; options for the manager.
platform_up() {
	mkdir -p /run/vtpmmgr
	chmod 711 /run/vtpmmgr
	must "the proxy serves" proxy_start
	must "the manager's domain" manager_start --stub-image "$(cat "$DOMAINS/stub.digest")" "$@"
	must "the agent" agent_start
	must "the manager answers vtpmctl in dom0" within 300 answers
}

platform_init() {
	must "the authority approves" approve 1
	must "platform init" vtpmctl platform init --authority /root/authority.pub.pem \
		--approval approval.json
}

# guest_without NAME TASK: a guest's configuration, without what has to do with a vTPM.
guest_without() {
	cat <<CONFIG
name = "$1"
kernel = "/boot/Image"
ramdisk = "${GUEST_IMAGE:-/boot/guest.cpio}"
extra = "console=hvc0 rdinit=/init quiet panic=-1 cma=0 task=$2"
memory = 160
vcpus = 1
CONFIG
}

# guest_lines NAME: what that vTPM's guest needs beside it, as vtpmctl prints it.
guest_lines() {
	vtpmctl xl "$1" | sed '1,/^# in the guest/d'
}

# guest_config NAME UUID VTPM-UUID TASK [STAKEHOLDER]: with lines that somebody wrote by hand.
guest_config() {
	guest_without "$1" "$4"
	cat <<CONFIG
uuid = "$2"
vtpm = [ "backend=vtpm-$3,uuid=$3" ]
seclabel = "system_u:system_r:guest_${5:-employer}_t"
CONFIG
}

# vtpm_uuid NAME
vtpm_uuid() {
	vtpmctl show "$1" --json | sed -n 's/.*"uuid": *"\([^"]*\)".*/\1/p' | head -n 1
}

# run_guest NAME UUID TASK: from its start to the end of its task.
run_guest() {
	! xl domid "$1" >/dev/null 2>&1 || xl destroy "$1"
	rm -f "/var/log/xen/guest-$1.log"
	guest_config "$1" "$2" "$(vtpm_uuid "$1")" "$3" >"/etc/xen/$1.cfg" &&
		xl_create "/etc/xen/$1.cfg" && within 1000 guest_said "$1" 'guest done' &&
		guest_console "$1" | grep -a '^guest'
}

status_says() {
	vtpmctl status --json | grep -q "$1"
}

# denied PERMISSION SOURCE TARGET CLASS: a line of the hypervisor's says so.
denied() {
	check "the hypervisor denies $2 $4 $1 to $3" sh -c "xl dmesg |
		grep -qE 'avc:  denied  \{ $1 \}.*:$2 tcontext=[a-z_:]*:$3 tclass=$4'"
}

nothing_denied() {
	check "none of it was denied" refused sh -c "xl dmesg | grep avc:"
}

# started NAME: asked for as often as it takes: a slow host's stub domain may be late once.
started() {
	vtpmctl show "$1" | grep -q running || vtpmctl start "$1"
}
