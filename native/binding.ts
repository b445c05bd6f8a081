// The addon's exports as C++ leaves them: a result >= 0, or a negative errno where the kernel refused. Only
// the facade's files see them.

import type { CapabilitySets, ResourceLimit } from './native.ts';

/** A result >= 0 or -errno. */
export type Code = number;

/** A `SpawnRequest` in which nothing is optional: -1, 0 and null say "leave it as it is". */
export interface CompleteSpawnRequest {
	readonly paths: readonly string[];
	readonly args: readonly string[];
	readonly env: readonly string[];
	readonly stdio: readonly [number, number, number];
	readonly cwd: string | null;
	readonly chroot: string | null;
	readonly namespaces: number;
	readonly unshare: number;
	readonly enter: readonly { readonly fd: number; readonly kind: number }[];
	readonly cgroupFd: number;
	readonly uid: number;
	readonly gid: number;
	readonly groups: readonly number[] | null;
	/** As the kernel's file takes it. */
	readonly oomScoreAdj: string | null;
	readonly capabilities: CapabilitySets | null;
	readonly noNewPrivileges: boolean;
	readonly limits: readonly ResourceLimit[];
	readonly newSession: boolean;
	readonly controllingTerminal: boolean;
	readonly parentDeathSignal: number;
}

/** What `watchReadable` hands out for `stopWatch`: a pointer that JavaScript can't look into. */
export interface WatchHandle {
	readonly watch: unique symbol;
}

export interface Binding {
	readonly constants: Readonly<Record<string, number>>;
	/** [code, message] */
	describeErrno(errno: number): [string, string];

	mount(source: string | null, target: string, type: string | null, flags: number, data: string | null): Code;
	umount2(target: string, flags: number): Code;
	chroot(path: string): Code;
	chdir(path: string): Code;
	pivotRoot(newRoot: string, putOld: string): Code;
	/** [type, block size, blocks, free blocks] */
	statfs(path: string): [number, number, number, number] | Code;

	/** A pid, or [errno, system call]. */
	spawn(request: CompleteSpawnRequest): number | [number, string];
	execve(path: string, args: readonly string[], env: readonly string[]): Code;
	/** [pid, exit code, signal], or 0 when WNOHANG found nothing. */
	waitpid(pid: number, options: number): [number, number | null, string | null] | Code;
	kill(pid: number, signal: number): Code;
	setns(fd: number, kind: number): Code;
	setsid(): Code;
	prctl(option: number, argument: number): Code;
	setProcessName(name: string): Code;
	setrlimit(resource: number, soft: number, hard: number): Code;
	/** [soft, hard] */
	getrlimit(resource: number): [number, number] | Code;

	reboot(command: number): Code;
	sethostname(name: string): Code;
	sync(): void;
	finitModule(fd: number, parameters: string, flags: number): Code;
	setRealtimeClock(seconds: number): Code;
	readRtcSeconds(fd: number): Code;
	swapon(path: string, flags: number): Code;
	swapoff(path: string): Code;
	addEntropy(fd: number, bytes: Uint8Array, bits: number): Code;
	setWatchdogTimeout(fd: number, seconds: number): Code;
	interfaceUp(name: string): Code;
	linkCreate(name: string, kind: string, peer: string | null): Code;
	addressAdd(name: string, address: Uint8Array, prefixLength: number): Code;
	routeAddDefault(name: string, gateway: Uint8Array): Code;
	linkMoveToNetns(name: string, netnsFd: number): Code;

	loopFree(controlFd: number): Code;
	loopConfigure(loopFd: number, fileFd: number, flags: number): Code;
	/** The device's minor number. */
	dmCreate(controlFd: number, name: string): Code;
	dmLoad(controlFd: number, name: string, type: string, lengthSectors: number, parameters: string): Code;
	dmResume(controlFd: number, name: string): Code;
	dmRemove(controlFd: number, name: string, flags: number): Code;
	rereadPartitions(fd: number): Code;

	mknod(path: string, mode: number, major: number, minor: number): Code;
	mkfifo(path: string, mode: number): Code;
	/** The names, each ended by a NUL byte. */
	llistxattr(path: string): Buffer | Code;
	lgetxattr(path: string, name: string): Buffer | Code;
	lsetxattr(path: string, name: string, value: Uint8Array): Code;
	copyTimes(fromPath: string, toPath: string): Code;
	sendfile(outFd: number, inFd: number, lengthBytes: number): Code;
	fallocate(fd: number, lengthBytes: number): Code;

	pipe(): [number, number] | Code;
	setCloseOnExec(fd: number, on: boolean): Code;
	makeRaw(fd: number): Code;
	terminalSettings(fd: number): Buffer | Code;
	setTerminalSettings(fd: number, settings: Uint8Array): Code;
	/** [rows, columns] */
	windowSize(fd: number): [number, number] | Code;
	setWindowSize(fd: number, rows: number, columns: number): Code;
	openTerminalPeer(masterFd: number): Code;
	openUeventSocket(receiveBufferBytes: number): Code;
	read(fd: number, maxBytes: number): Buffer | Code;
	write(fd: number, bytes: Uint8Array): Code;
	openDatagramSocket(path: string): Code;
	/** [bytes, cut short, pid, uid, gid] */
	receiveDatagram(fd: number, maxBytes: number): [Buffer, boolean, number, number, number] | Code;
	openSocketInNamespace(namespaceFd: number, family: number): Code;
	openInRoot(rootFd: number, path: string, flags: number): Code;
	lookUpInRoot(rootFd: number, path: string, reportFd: number): Code;
	watchReadable(fd: number, onReadable: () => void): WatchHandle | Code;
	stopWatch(watch: WatchHandle): void;

	armDeadline(
		rebootAtMs: number,
		command: number,
		triggerAtMs: number,
		triggerFd: number,
		key: string,
		noticeFd: number,
		notice: string,
	): Code;
	disarmDeadline(): void;
	installCrashGuard(path: string, args: readonly string[]): Code;
	crashNow(): void;
}
