// What the guest's code sees of the addon: one method, one system call (or one indivisible piece of C).
//
// This file is the interface only, so that tests can hand in a fake. `open.ts` loads the real one. No
// policy lives here: flags, paths and retries are the caller's. Every method that fails throws a
// `SyscallError` (see syscall-error.ts).

/** `statfs(2)`'s `f_type` as a number, e.g. `TMPFS_MAGIC` 0x01021994. */
export interface FileSystemInfo {
	readonly type: number;
	readonly blockSizeBytes: number;
	readonly blocks: number;
	readonly blocksFree: number;
}

/** How a child ended, from `waitpid(2)`'s status word. Exactly one of `exitCode` and `signal` is set. */
export interface ChildExit {
	readonly pid: number;
	readonly exitCode: number | null;
	/** The signal's name, e.g. `SIGKILL`. */
	readonly signal: string | null;
}

/** What a whole device of the device mapper is: `crypt`, `linear`, ... with the parameters that this type takes. */
export interface MapperTarget {
	readonly type: string;
	/** Of 512 bytes. */
	readonly lengthSectors: number;
	readonly parameters: string;
}

/** A namespace that a child enters with `setns(2)` before it execs, in the order of the list. */
export interface NamespaceEntry {
	/** An open descriptor of `/proc/PID/ns/KIND` (or a pidfd). */
	readonly fd: number;
	/** One `CLONE_NEW*` bit, or 0 to accept any kind. */
	readonly kind: number;
}

/** A bit a capability, e.g. `1 << CAP_CHOWN`, as a number (capabilities(7)). */
export interface CapabilitySets {
	readonly bounding: number;
	readonly permitted: number;
	readonly effective: number;
	readonly inheritable: number;
	readonly ambient: number;
}

export interface ResourceLimit {
	/** `RLIMIT_*` */
	readonly resource: number;
	readonly soft: number;
	readonly hard: number;
}

/**
 * A child to be made by `spawn`. The steps happen in the child in this order: signal dispositions reset,
 * `oom_score_adj`, cgroup (by `cgroup.procs`), namespaces entered (`setns`), namespaces unshared, new session, stdio, controlling terminal,
 * descriptors from 3 up closed, limits, chroot, cwd, bounding set, groups, gid, uid, capabilities, no new privileges,
 * parent death signal, signal mask emptied, exec.
 *
 * A pid namespace that is entered or unshared holds only the children of who enters it (`setns(2)`), so the
 * program then runs in a second child, made with `CLONE_PARENT`: it is the caller's own child all the same,
 * `spawn` returns its pid as the caller sees it, and `waitpid` reports its exit like any other.
 */
export interface SpawnRequest {
	/** The program, an absolute path: there is no PATH search. */
	readonly path: string;
	/** Tried after `path`, in this order, where one is not there or may not be executed, as `execvp(3)` goes on. */
	readonly otherPaths?: readonly string[];
	/** argv, `argv[0]` included. */
	readonly args: readonly string[];
	/** The whole environment, `NAME=value`. */
	readonly env: readonly string[];
	/** The descriptors that become 0, 1 and 2. */
	readonly stdio: readonly [number, number, number];
	/** Inside `chroot`, where that is given; then `/` by default, so that no working directory stays outside. */
	readonly cwd?: string;
	readonly chroot?: string;
	/** `CLONE_NEW*` bits for clone itself. A cgroup namespace belongs into `unshare`: its root is the cgroup then. */
	readonly namespaces?: number;
	/** `CLONE_NEW*` bits for `unshare(2)` in the child, after `setns`. */
	readonly unshare?: number;
	readonly enter?: readonly NamespaceEntry[];
	/** A descriptor of a cgroup v2 folder. */
	readonly cgroupFd?: number;
	readonly uid?: number;
	readonly gid?: number;
	/** Supplementary groups; the caller's own where this is absent. */
	readonly groups?: readonly number[];
	/** For `/proc/self/oom_score_adj`, -1000 to 1000; the caller's own where this is absent. Needs /proc. */
	readonly oomScoreAdj?: number;
	/** Kept over the change of the user; without them that change leaves what the kernel says (capabilities(7)). */
	readonly capabilities?: CapabilitySets;
	/** `PR_SET_NO_NEW_PRIVS` */
	readonly noNewPrivileges?: boolean;
	readonly limits?: readonly ResourceLimit[];
	/** Start a session of its own (`setsid(2)`). */
	readonly newSession?: boolean;
	/** With `newSession`: make stdin the controlling terminal (`TIOCSCTTY`), even if it is another session's. */
	readonly controllingTerminal?: boolean;
	/** `PR_SET_PDEATHSIG` in the child; the parent is the thread that spawns. */
	readonly parentDeathSignal?: number;
}

/** One message of a unix datagram socket and who sent it, as the kernel says. */
export interface Datagram {
	readonly bytes: Buffer;
	/** It was longer than `maxBytes`; the rest is lost. */
	readonly cutShort: boolean;
	/** In our pid namespace; 0 for a process that is not in it. */
	readonly pid: number;
	readonly uid: number;
	readonly gid: number;
}

/** When and how the machine ends; times in milliseconds of CLOCK_MONOTONIC. */
export interface Deadline {
	/** `reboot(2)` is called with `command`, a `RB_*` constant. */
	readonly rebootAtMs: number;
	readonly command: number;
	/** Then, should that have hung, `key` is written to `triggerFd`, which is `/proc/sysrq-trigger`, opened to write. */
	readonly triggerAtMs: number;
	readonly triggerFd: number | null;
	readonly key: 'b' | 'o';
	/** Gets `notice` before the reboot, and a line with the reason where the kernel refuses it: `/dev/kmsg`. */
	readonly noticeFd: number | null;
	readonly notice: string;
}

/** Stops a watch made by `watchReadable`. Idempotent; the descriptor stays the caller's to close. */
export type StopWatch = () => void;

export interface Native {
	/** The kernel's constants by their own names (`MS_BIND`, `CLONE_NEWPID`, `RB_POWER_OFF`, `SIGTERM`, …). */
	readonly constants: Readonly<Record<string, number>>;

	// mount(2), umount2(2), the root
	/** `source`, `type` and `data` may be null where `mount(2)` allows it. */
	mount(source: string | null, target: string, type: string | null, flags: number, data: string | null): void;
	umount2(target: string, flags: number): void;
	chroot(path: string): void;
	/** Not known to `process.cwd()`, which remembers what `process.chdir()` last did. */
	chdir(path: string): void;
	pivotRoot(newRoot: string, putOld: string): void;
	statfs(path: string): FileSystemInfo;

	// processes
	/**
	 * clone + the steps of `SpawnRequest` + execve. Returns the child's pid once exec has succeeded; throws
	 * `SyscallError` with the step that failed (`syscall: 'execve'`, `'setns'`, …) and its path. A failed child
	 * is reaped here and never seen by `waitpid`.
	 */
	spawn(request: SpawnRequest): number;
	/** Replaces this process. Clears close-on-exec on 0, 1, 2. Returns only by throwing. */
	execve(path: string, args: readonly string[], env: readonly string[]): never;
	/**
	 * Replaces this process by the addon's own entry (wait-program.cc), which waits in a few pages of memory until
	 * SIGTERM, SIGINT, SIGHUP or SIGQUIT and then exits with 0. `name` is its argv[0]. Returns only by throwing.
	 */
	waitForEnd(name: string): never;
	/** `waitpid(pid, &status, options)`; null when WNOHANG found nothing, and when there is no child (ECHILD). */
	waitpid(pid: number, options: number): ChildExit | null;
	kill(pid: number, signal: number): void;
	/** `setns(2)` of the calling thread. Node has several threads: mnt and user namespaces fail with EINVAL. */
	setns(fd: number, kind: number): void;
	setsid(): number;
	/** `prctl(2)` with integer arguments; returns its result. */
	prctl(option: number, argument: number): number;
	/** `PR_SET_NAME` (at most 15 bytes, longer is cut by the kernel). */
	setProcessName(name: string): void;
	/** `RLIM_INFINITY` is `Infinity`, here and in `getrlimit`. */
	setrlimit(resource: number, soft: number, hard: number): void;
	getrlimit(resource: number): { readonly soft: number; readonly hard: number };

	// the system
	/** `reboot(2)` with one of the `RB_*` constants. In a pid namespace that is not the first it kills init. */
	reboot(command: number): void;
	sethostname(name: string): void;
	sync(): void;
	/** `finit_module(2)`. */
	finitModule(fd: number, parameters: string, flags: number): void;
	/** `clock_settime(CLOCK_REALTIME)`. */
	setRealtimeClock(seconds: number): void;
	/** `ioctl(RTC_RD_TIME)` of an open RTC device, as seconds since the epoch, UTC. */
	readRtcSeconds(fd: number): number;
	/** WDIOC_SETTIMEOUT; returns what the device has taken. */
	setWatchdogTimeout(fd: number, seconds: number): number;
	/** `swapon(2)` of a file or a device that has a swap header. */
	swapon(path: string, flags: number): void;
	swapoff(path: string): void;
	/** RNDADDENTROPY (`random(4)`) on an open /dev/random: bytes for the kernel's pool, and how many bits they count for. */
	addEntropy(fd: number, bytes: Uint8Array, bits: number): void;
	/** Sets `IFF_UP` on an interface of this network namespace. */
	interfaceUp(name: string): void;
	/** A pair of connected interfaces in this network namespace (`veth(4)`). */
	linkCreateVeth(name: string, peer: string): void;
	/** An interface of a kind that needs no more than a name: `dummy`, `wireguard`, `bridge`, ... */
	linkCreate(name: string, kind: string): void;
	/** An IPv4 address of four bytes for an interface; one that it has already is left as it is. */
	addressAdd(name: string, address: Uint8Array, prefixLength: number): void;
	/** The default route of IPv4, in the place of one that is there. */
	routeAddDefault(name: string, gateway: Uint8Array): void;
	/** Moves an interface, by netlink, to the network namespace of `netnsFd`, under the name it has. */
	linkMoveToNetns(name: string, netnsFd: number): void;

	// disks
	/** LOOP_CTL_GET_FREE of an open /dev/loop-control (`loop(4)`): the number of a device that has no file. */
	loopFree(controlFd: number): number;
	/** LOOP_CONFIGURE of an open loop device, with `LO_FLAGS_*`. EBUSY: it has a file already. */
	loopConfigure(loopFd: number, fileFd: number, flags: number): void;
	/** DM_DEV_CREATE on an open /dev/mapper/control: N of the new /dev/dm-N, which has no table yet. EBUSY: the name is taken. */
	dmCreate(controlFd: number, name: string): number;
	/** DM_TABLE_LOAD: takes effect with `dmResume`. */
	dmLoad(controlFd: number, name: string, target: MapperTarget): void;
	dmResume(controlFd: number, name: string): void;
	/** DM_DEV_REMOVE. With DM_DEFERRED_REMOVE a device that is in use goes when its last user does. */
	dmRemove(controlFd: number, name: string, flags: number): void;
	/** BLKRRPART of an open disk: its partitions are what its table says now. EBUSY: one of them is in use. */
	rereadPartitions(fd: number): void;

	// files, where node:fs has no call
	mknod(path: string, mode: number, major: number, minor: number): void;
	mkfifo(path: string, mode: number): void;
	/** Names of extended attributes, not following a last symlink. */
	llistxattr(path: string): string[];
	lgetxattr(path: string, name: string): Buffer;
	lsetxattr(path: string, name: string, value: Uint8Array): void;
	/** utimensat with AT_SYMLINK_NOFOLLOW, nanoseconds kept. */
	copyTimes(fromPath: string, toPath: string): void;
	/** Moves bytes between two open files in the kernel (`sendfile(2)`); returns how many. */
	sendfile(outFd: number, inFd: number, lengthBytes: number): number;
	/** `fallocate(2)` without flags: the blocks of a file from its beginning; EOPNOTSUPP where the file system can't. */
	fallocate(fd: number, lengthBytes: number): void;

	// descriptors
	/** pipe2(O_CLOEXEC): [read end, write end]. */
	pipe(): [number, number];
	setCloseOnExec(fd: number, on: boolean): void;
	/** A terminal's line discipline to raw (`cfmakeraw(3)`), as `/dev/ttyS1` needs for JSON lines. */
	makeRaw(fd: number): void;
	/** The settings of a terminal, for `setTerminalSettings` alone (`tcgetattr(3)`). */
	terminalSettings(fd: number): Buffer;
	setTerminalSettings(fd: number, settings: Uint8Array): void;
	/** [rows, columns] */
	windowSize(fd: number): [number, number];
	setWindowSize(fd: number, rows: number, columns: number): void;
	/** The other end of an open `ptmx`, unlocked, whatever mount namespace its name belongs to (`TIOCGPTPEER`). */
	openTerminalPeer(masterFd: number): number;
	/** A `NETLINK_KOBJECT_UEVENT` socket bound to the kernel's group, non-blocking. */
	openUeventSocket(receiveBufferBytes: number): number;
	/**
	 * Calls back on the event loop whenever `fd` is readable, at its end or in error (libuv's poll), until
	 * stopped; what the callback throws is an uncaught exception. Makes `fd` non-blocking and keeps the event
	 * loop alive. EPERM: a regular file; EEXIST: `fd` is watched already.
	 */
	watchReadable(fd: number, onReadable: () => void): StopWatch;
	/** `read(2)` of a non-blocking descriptor, a datagram at a time on a socket: null on EAGAIN, an empty buffer at the end. */
	readAvailable(fd: number, maxBytes: number): Buffer | null;
	/** `write(2)` on a non-blocking descriptor; the number of bytes taken, 0 on EAGAIN. */
	writeAvailable(fd: number, bytes: Uint8Array): number;
	/** A unix datagram socket bound to `path`, non-blocking, that tells the senders (SO_PASSCRED, `unix(7)`). */
	openDatagramSocket(path: string): number;
	/** `recvmsg(2)` on a socket of `openDatagramSocket`: null on EAGAIN. */
	receiveDatagram(fd: number, maxBytes: number): Datagram | null;
	/**
	 * A TCP socket (`family` AF_INET or AF_INET6), non-blocking and not connected, in the network namespace of an
	 * open `/proc/PID/ns/net`; no thread of Node's leaves its own.
	 */
	openSocketInNamespace(namespaceFd: number, family: number): number;
	/** `openat2(2)` with RESOLVE_IN_ROOT: absolute paths and links stay below the root, and /proc's lead nowhere. */
	openInRoot(rootFd: number, path: string, flags: number): number;
	/**
	 * The same without opening it, on a thread of its own: 0 or the errno is written to `reportFd` as four
	 * bytes in the processor's order, when the file system has answered. Closes both descriptors by then.
	 */
	lookUpInRoot(rootFd: number, path: string, reportFd: number): void;

	// survival
	/**
	 * Ends the machine at a time, by threads of the addon that no hanging JavaScript can stop. A second call takes the
	 * place of the first. Owns the two descriptors from then on. `execve`, and so the crash guard, disarms it.
	 */
	armDeadline(deadline: Deadline): void;
	disarmDeadline(): void;
	/**
	 * The crash guard: on SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE or SIGTRAP the C handler, on a stack of its
	 * own, unblocks all signals, clears close-on-exec on 0-2, lets exec close descriptors from 3 up and calls
	 * `execve(path, args, environment)`. The memory is prepared here: the environment is today's, and the
	 * variable `CRASH_SIGNAL` in it tells the signal's number in two digits. Nothing else may take these
	 * signals later (`process.on('SIGSEGV')`), and WebAssembly needs `--disable-wasm-trap-handler`.
	 */
	installCrashGuard(path: string, args: readonly string[]): void;
	/** For the tests of the crash guard: writes through a null pointer. */
	crashNow(): never;
}
