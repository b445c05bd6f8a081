#!/bin/sh
# A getty on every console of the kernel's command line, started again when its login ends.

write-motd

# With INSECURE=true anyone at the console is root; else the password is in /etc/getty.shadow of the system.
if [ "$INSECURE" != true ]; then
	if [ -f /hostroot/etc/getty.shadow ]; then
		# A last line without an end would be lost.
		(umask 077 && { cat /hostroot/etc/getty.shadow && echo; } >/etc/shadow)
	else
		# Told where a person looks: the prompt comes all the same, as it does in LinuxKit.
		echo 'Nobody can log in here: this system has no /etc/getty.shadow, and INSECURE is not "true".' |
			tee /etc/issue >&2
	fi
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
	# One login each, however often the console is named.
	case " $seen " in *" $tty "*) continue ;; esac
	seen="$seen $tty"
	[ -c "/dev/$tty" ] && keep "$tty" "$speed" &
done
wait
