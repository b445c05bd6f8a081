#!/bin/sh
# A getty on every console of the kernel's command line, started again when its login ends.

# With INSECURE=true anyone at the console is root; else the password is in /etc/getty.shadow of the system.
if [ "$INSECURE" != true ]; then
	if [ ! -f /hostroot/etc/getty.shadow ]; then
		echo 'getty: no /etc/getty.shadow and INSECURE is not "true": nobody could log in' >&2
		exit 1
	fi
	install() { cat "$1" >"$2" && chmod 0600 "$2"; }
	install /hostroot/etc/getty.shadow /etc/shadow
fi

keep() {
	tty=$1
	speed=$2
	while :; do
		if [ "$INSECURE" = true ]; then
			setsid /bin/getty -n -L -l /usr/bin/root-shell "$speed" "$tty" linux
		else
			setsid /bin/getty -L "$speed" "$tty" linux
		fi
		sleep 1
	done
}

for word in $(cat /proc/cmdline); do
	case "$word" in console=*) ;; *) continue ;; esac
	console=${word#console=}
	tty=${console%%,*}
	speed=115200
	case "$console" in *,[0-9]*) speed=$(echo "${console#*,}" | sed 's/[^0-9].*//') ;; esac
	# tty0 is whichever screen is shown; a login belongs to the first.
	[ "$tty" = tty0 ] && tty=tty1
	[ -c "/dev/$tty" ] && keep "$tty" "$speed" &
done
wait
