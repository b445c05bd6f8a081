# The profile of containers with `apparmor: default`, after Docker's and containerd's: files, networks and capabilities are theirs
# as the YAML gives them; mounts are not. Of the kernel's files they write those of processes, of their cgroup, and of shared
# memory. A rule with "deny" holds whatever another one allows (apparmor.d(5)). Docker's rules for /proc spare other names
# too, such as /proc/sys/kernel/sysrq; each here has the exact rest.

abi <abi/3.0>,

profile slipway-default flags=(attach_disconnected,mediate_deleted) {
  network,
  capability,
  file,
  umount,

  # PID 1 and the runtimes are not confined.
  signal (receive) peer=unconfined,
  signal (send,receive) peer=slipway-default,
  ptrace (trace,read,tracedby,readby) peer=slipway-default,

  deny mount,

  # Files in /proc itself, and directories but those of processes and /proc/sys.
  deny /proc/* w,
  deny /proc/[^1-9s]*/** w,
  deny /proc/s[^y]*/** w,
  deny /proc/sy[^s]*/** w,
  # All of /proc/sys but kernel/shm*.
  deny /proc/sys/[^k]** w,
  deny /proc/sys/kernel/[^s]** w,
  deny /proc/sys/kernel/s[^h]** w,
  deny /proc/sys/kernel/sh[^m]** w,
  deny /proc/sysrq-trigger rwklx,
  deny /proc/kcore rwklx,

  # All of /sys but fs/cgroup.
  deny /sys/[^f]*/** wklx,
  deny /sys/f[^s]*/** wklx,
  deny /sys/fs/[^c]*/** wklx,
  deny /sys/fs/c[^g]*/** wklx,
  deny /sys/fs/cg[^r]*/** wklx,
  deny /sys/firmware/** rwklx,
  deny /sys/devices/virtual/powercap/** rwklx,
  deny /sys/kernel/security/** rwklx,
}
