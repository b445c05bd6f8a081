// The default seccomp profile (runtime-spec, `config-linux.md`, Seccomp): Docker's rules. A call that the kernel guards by
// a capability is allowed to containers with that capability; a call that no program of a container needs, or that
// has let programs out of containers before, fails with EPERM.
//
// The lists hold the calls of all processors; the runtime ignores names that the kernel of its processor does not have.
// test/unit/supervisor/contract/seccomp-profile.test.ts has what they must refuse.

import { expandCapabilities } from './capabilities.ts';
import { processorNamed } from './processors.ts';
import type { SeccompArgument, SeccompProfile, SeccompRule } from './runtime-spec.ts';

/** errno(3) */
const EPERM = 1;
const ENOSYS = 38;
/** socket(2) */
const AF_VSOCK = 40;
/** CLONE_NEW* of namespaces, but CLONE_NEWTIME, which clone(2) does not take. */
const namespaceFlags = 0x7e020000;
/** The calls of personality(2) that change nothing dangerous: PER_LINUX, PER_LINUX32, UNAME26, both, and the query. */
const personalities = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

/** Calls that every container may make. */
const allowed = words(`
	_llseek _newselect accept accept4 access adjtimex alarm bind brk capget capset chdir chmod chown chown32
	clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep
	clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1
	epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve execveat exit
	exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchown fchown32
	fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstat64 fstatat64
	fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_time64 futex_waitv futimesat get_robust_list
	get_thread_area getcpu getcwd getdents getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups
	getgroups32 getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid getresgid32
	getresuid getresuid32 getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid getuid32 getxattr
	inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents
	io_pgetevents_time64 io_setup io_submit ioctl ioprio_get ioprio_set ipc kill landlock_add_rule
	landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link linkat listen listxattr llistxattr
	lremovexattr lseek lsetxattr lstat lstat64 madvise membarrier memfd_create memfd_secret mincore mkdir mkdirat mknod
	mknodat mlock mlock2 mlockall mmap mmap2 modify_ldt mprotect mq_getsetattr mq_notify mq_open mq_timedreceive
	mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap msgctl msgget msgrcv msgsnd msync munlock
	munlockall munmap name_to_handle_at nanosleep newfstatat open openat openat2 pause pidfd_open pidfd_send_signal pipe
	pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64
	process_mrelease process_vm_readv process_vm_writev pselect6 pselect6_time64 ptrace pwrite64 pwritev pwritev2 read
	readahead readdir readlink readlinkat readv recv recvfrom recvmmsg recvmmsg_time64 recvmsg remap_file_pages
	removexattr rename renameat renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigpending rt_sigprocmask
	rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo
	sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler
	sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler
	sched_yield seccomp select semctl semget semop semtimedop semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg
	sendto set_robust_list set_thread_area set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32
	setgroups setgroups32 setitimer setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32
	setreuid setreuid32 setrlimit setsid setsockopt setuid setuid32 setxattr shmat shmctl shmdt shmget shutdown sigaction
	sigaltstack signal signalfd signalfd4 sigpending sigprocmask sigreturn sigsuspend socketcall socketpair splice stat
	stat64 statfs statfs64 statx symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time timer_create
	timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create
	timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask
	uname unlink unlinkat utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid write writev
`);

/** Calls that a container may make who has the capability (or one of several). */
const allowedByCapability: Readonly<Record<string, readonly string[]>> = {
	CAP_BPF: ['bpf'],
	CAP_DAC_READ_SEARCH: ['open_by_handle_at'],
	CAP_PERFMON: ['perf_event_open'],
	// Docker refuses the swap, keyring, io_uring and pivot_root calls to everybody; here who has CAP_SYS_ADMIN runs the system.
	CAP_SYS_ADMIN: words(`
		add_key bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick io_uring_enter io_uring_register
		io_uring_setup keyctl lookup_dcookie mount mount_setattr move_mount open_tree perf_event_open pivot_root quotactl
		quotactl_fd request_key setdomainname sethostname setns swapoff swapon syslog umount umount2 unshare
	`),
	CAP_SYS_BOOT: ['kexec_file_load', 'kexec_load', 'reboot'],
	CAP_SYS_CHROOT: ['chroot'],
	CAP_SYS_MODULE: ['delete_module', 'finit_module', 'init_module'],
	CAP_SYS_NICE: words('get_mempolicy mbind migrate_pages move_pages set_mempolicy set_mempolicy_home_node'),
	CAP_SYS_PACCT: ['acct'],
	CAP_SYS_PTRACE: ['kcmp', 'pidfd_getfd', 'process_madvise', 'userfaultfd'],
	CAP_SYS_RAWIO: ['ioperm', 'iopl'],
	CAP_SYS_TIME: ['clock_settime', 'clock_settime64', 'settimeofday', 'stime'],
	CAP_SYS_TTY_CONFIG: ['vhangup'],
	CAP_SYSLOG: ['syslog'],
};

/**
 * AppArmor sees mount(2) but not these in kernel 6.1: a mount that they make without a place in the tree has a path of its own, by
 * which its files are not those of /proc.
 */
const unmediated = words('fsconfig fsmount fsopen fspick mount_setattr move_mount open_tree');

/**
 * @param capabilities - those of the container, `all` and `none` included
 * @param architecture - of the image configuration: `amd64`; of others than we know the runtime takes its own
 * @param isNativeOnly - ends programs of the processor's 32-bit relative at their first call. The rules for them are a second
 *   filter, whose making takes longer than that of the first
 * @param isMediated - AppArmor mediates mounts: the calls of mounts that it does not see are refused
 */
export function defaultSeccompProfile(
	capabilities: readonly string[],
	architecture: string,
	isNativeOnly = false,
	isMediated = false,
): SeccompProfile {
	const held = new Set(expandCapabilities(capabilities));
	const granted = Object.entries(allowedByCapability).flatMap(([capability, calls]) =>
		held.has(capability) ? calls.filter((call) => !isMediated || !unmediated.includes(call)) : [],
	);
	const processor = processorNamed(architecture);
	const names = new Set([...allowed, ...(processor?.ownCalls ?? []), ...granted]);
	return {
		defaultAction: 'SCMP_ACT_ERRNO',
		defaultErrnoRet: EPERM,
		...(processor === null
			? {}
			: { architectures: isNativeOnly ? processor.seccomp.slice(0, 1) : processor.seccomp }),
		syscalls: [
			{ names: [...names].sort(), action: 'SCMP_ACT_ALLOW' },
			// The families of sockets are the machine's but for this one, which reaches its hypervisor.
			allow('socket', { value: AF_VSOCK, op: 'SCMP_CMP_NE' }),
			...personalities.map((value) => allow('personality', { value, op: 'SCMP_CMP_EQ' })),
			...(held.has('CAP_SYS_ADMIN') ? [] : withoutNamespaces),
		],
	};
}

/** clone3(2) takes its flags in memory, which no filter sees. With ENOSYS the C library falls back to clone(2). */
const withoutNamespaces: readonly SeccompRule[] = [
	allow('clone', { value: namespaceFlags, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }),
	{ names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
];

function allow(name: string, argument: Omit<SeccompArgument, 'index'>): SeccompRule {
	return { names: [name], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, ...argument }] };
}

function words(text: string): readonly string[] {
	return text.trim().split(/\s+/);
}
