# SPDX-License-Identifier: BSD-3-Clause
# What dom0 and guests share, in busybox' sh. SAYS: who it is that says how a check went.

uptime_s() {
	cut -d ' ' -f 1 /proc/uptime
}

now() {
	cut -d . -f 1 /proc/uptime
}

# within SECONDS COMMAND...: tries it until it succeeds; fails after SECONDS.
within() {
	end=$(($(now) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(now)" -lt "$end" ] || return 1
		sleep 0.1
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
