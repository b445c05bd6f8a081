#!/bin/sh
# Makes what keys the host lacks and becomes the server.
# shellcheck disable=SC2174 # /run, where it makes folders, exists.

write-motd
# Where the server's unprivileged part lives; /run may be the system's.
mkdir -p -m 0755 /run/sshd

# With /etc/ssh on a disk keys are made once. Else they last as long as the system runs: each start of a container has
# a new /etc/ssh, but the system's /run.
folder=/run/ssh-host-keys
grep -q ' /etc/ssh ' /proc/self/mounts && folder=/etc/ssh
mkdir -p -m 0700 "$folder"

for type in ed25519 ecdsa; do
	key=/etc/ssh/ssh_host_${type}_key
	[ -s "$key" ] || key=$folder/ssh_host_${type}_key
	if [ ! -s "$key" ]; then
		# Under another name until it is whole: a power cut must not leave half a key.
		rm -f "$key" "$key.pub" "$key.new" "$key.new.pub"
		ssh-keygen -q -t "$type" -N '' -C "root@$(hostname)" -f "$key.new" || exit 1
		sync
		mv "$key.new.pub" "$key.pub" && mv "$key.new" "$key" || exit 1
		sync
	fi
	set -- -h "$key" "$@"
done

[ -s /root/.ssh/authorized_keys ] ||
	echo 'Nobody can log in: this system has no /root/.ssh/authorized_keys (see "files" in its YAML).' >&2
exec /usr/sbin/sshd -D -e -f /usr/lib/slipway/sshd_config "$@"
