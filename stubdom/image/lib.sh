# SPDX-License-Identifier: BSD-3-Clause
# lib: initramfs images, the same byte for byte whenever they are made of the same files. Sourced by
# stubdom/image/build and by tests/xen.
#
# Needs IMAGE_ROOT: where the target system's libraries and modules are, empty for this host's own.
# READELF and STRIP: those of the target, if they are not this host's.

READELF=${READELF:-readelf}
STRIP=${STRIP:-strip}

# Whatever the caller's umask and environment.
umask 022
export LC_ALL=C

# machine_of FILE: the one that its code is for.
machine_of() {
	"$READELF" -h "$1" 2>/dev/null | sed -n 's/^ *Machine: *//p'
}

# find_library NAME PROGRAM: where the target has it, for the program's machine.
find_library() {
	local dir machine
	machine=$(machine_of "$2")
	for dir in "$IMAGE_ROOT"/{usr/,}lib/*-linux-gnu "$IMAGE_ROOT"/usr/lib/xen-*/lib/*-linux-gnu \
		"$IMAGE_ROOT"/{usr/,}lib{,64}; do
		[ -e "$dir/$1" ] && [ "$(machine_of "$dir/$1")" = "$machine" ] && echo "$dir/$1" && return
	done
	echo "image: no library $1 for ${2##*/} on $machine" >&2
	return 1
}

needed() {
	"$READELF" -d "$1" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
	"$READELF" -l "$1" 2>/dev/null | sed -n 's/.*program interpreter: \(.*\)\]/\1/p'
}

# put_file ROOT FILE PATH [MODE]
put_file() {
	install -D -m "${4:-644}" "$2" "$1$3"
}

# put_program ROOT FILE PATH: stripped, and every library that it needs.
put_program() {
	put_file "$1" "$2" "$3" 755 && "$STRIP" --strip-unneeded "$1$3" && put_needed "$1" "$1$3"
}

put_needed() {
	local root=$1 name at
	for name in $(needed "$2"); do
		case $name in
		/*) at=$name ;;
		*) at=/usr/lib/$name ;;
		esac
		[ -e "$root$at" ] && continue
		put_library "$root" "${name##*/}" "$at" "$2" || return
	done
}

# put_library ROOT NAME PATH PROGRAM: which needs it.
put_library() {
	local file
	file=$(find_library "$2" "$4") && put_file "$1" "$(readlink -f "$file")" "$3" 755 &&
		put_needed "$1" "$1$3"
}

# put_modules ROOT FILE...: with the list that init loads them by, in that order.
put_modules() {
	local root=$1 file
	shift
	mkdir -p "$root/etc"
	for file in "$@"; do
		put_file "$root" "$file" "/lib/modules/${file##*/}" && echo "/lib/modules/${file##*/}"
	done >"$root/etc/modules"
}

# memory_of IMAGE KERNEL: what stubdom/image/memory says.
memory_of() {
	local line
	line=$(grep "^$1 $2 [0-9]*$" "${BASH_SOURCE[0]%/*}/memory") && echo "${line##* }" && return
	echo "image: no memory is known for $1, $2" >&2
	return 1
}

# archive ROOT: as the kernel unpacks it; nothing in it tells who made it, or when.
archive() (
	cd "$1" && find . -exec touch -h -d @0 {} + && find . -print0 | sort -z |
		cpio --quiet -0 -o -H newc -R 0:0 --reproducible
)
