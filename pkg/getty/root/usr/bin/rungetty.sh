#!/bin/sh
# A getty on every console of the kernel's command line, started again when its login ends. Without one there, on those that the kernel
# has chosen (the screen; a serial port that the firmware names).

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

# The kernel's errors still reach the console, its notes would tear the line that is being typed (dmesg shows them).
# A level on the command line is somebody's wish.
kernel-words | grep -qE '^(loglevel=.*|ignore_loglevel|debug|quiet)$' || dmesg -n 4

# Each line of /proc/consoles is "ttyS0  -W- (EC p a)  4:64"; E is enabled, B for the early boot only.
named=$(kernel-words | grep '^console=' || sed -n 's/^\([^ ]*\) .*(\([^)B]*\)E\([^)B]*\)).*/console=\1/p' /proc/consoles)
consoles=$(echo "$named" | awk -F '[=,]' '
	$1 != "console" { next }
	# tty0 is whichever screen is shown; a login belongs to the first.
	$2 == "tty0" { $2 = "tty1" }
	# One login each, however often the console is named.
	!seen[$2]++ { print $2, ($3 + 0 ? $3 + 0 : 115200) }
')
[ -n "$consoles" ] || echo 'There is no login: the kernel has no console (console=ttyS0 on its command line).' >&2

# The shell that starts a command with "&" makes it ignore SIGINT and SIGQUIT, and everything that it starts: Ctrl-C would
# end nothing on these consoles. xargs does not.
echo "$consoles" | xargs -r -P 64 -n 2 keep-getty
