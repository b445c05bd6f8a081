import test from 'ava';
import type { SeccompProfile } from '../../../../supervisor/contract/runtime-spec.ts';
import { defaultSeccompProfile } from '../../../../supervisor/contract/seccomp-profile.ts';

function allowedCalls({ syscalls = [] }: SeccompProfile): ReadonlySet<string> {
	return new Set(
		syscalls
			.filter(({ action, args }) => action === 'SCMP_ACT_ALLOW' && args === undefined)
			.flatMap(({ names }) => names),
	);
}

const withCapability = test.macro({
	exec(t, calls: readonly string[], capability: string) {
		const without = allowedCalls(defaultSeccompProfile([], 'amd64'));
		const all = allowedCalls(defaultSeccompProfile([capability], 'amd64'));
		for (const call of calls) {
			t.false(without.has(call), `${call} without a capability`);
			t.true(all.has(call), `${call} with ${capability}`);
		}
		t.deepEqual([...all].filter((call) => !without.has(call)).sort(), [...calls].sort());
	},
	title: (_, calls: readonly string[], capability: string) =>
		`defaultSeccompProfile() allows ${calls.join(', ')} with ${capability}`,
});

test(withCapability, ['chroot'], 'CAP_SYS_CHROOT');
test(withCapability, ['delete_module', 'finit_module', 'init_module'], 'CAP_SYS_MODULE');
test(withCapability, ['kexec_file_load', 'kexec_load', 'reboot'], 'CAP_SYS_BOOT');
test(withCapability, ['open_by_handle_at'], 'CAP_DAC_READ_SEARCH');
test(withCapability, ['ioperm', 'iopl'], 'CAP_SYS_RAWIO');
test(withCapability, ['clock_settime', 'clock_settime64', 'settimeofday', 'stime'], 'CAP_SYS_TIME');
test(withCapability, ['bpf'], 'CAP_BPF');
test(withCapability, ['syslog'], 'CAP_SYSLOG');
test(withCapability, [], 'CAP_NET_ADMIN');

test('defaultSeccompProfile() refuses what has let programs out of containers before', (t) => {
	const calls = allowedCalls(defaultSeccompProfile([], 'amd64'));
	for (const call of [
		...['mount', 'umount2', 'fsopen', 'move_mount', 'pivot_root', 'setns', 'unshare', 'clone', 'clone3'],
		...['keyctl', 'add_key', 'request_key', 'bpf', 'perf_event_open', 'userfaultfd', 'io_uring_setup'],
		...['open_by_handle_at', 'kexec_load', 'init_module', 'ptrace_no_such', 'swapon', 'quotactl', 'syslog'],
	])
		t.false(calls.has(call), call);
	for (const call of ['execve', 'openat', 'futex', 'epoll_wait', 'ptrace', 'setresuid', 'capset', 'seccomp'])
		t.true(calls.has(call), call);
});

test('defaultSeccompProfile() lets clone make processes and threads, but no namespaces', (t) => {
	const { syscalls = [] } = defaultSeccompProfile(['CAP_NET_ADMIN'], 'amd64');
	const clone = syscalls.find(({ names }) => names.includes('clone'));
	const flags = { CLONE_NEWNS: 0x20000, CLONE_NEWCGROUP: 0x2000000, CLONE_NEWUTS: 0x4000000 };
	const others = { CLONE_NEWIPC: 0x8000000, CLONE_NEWUSER: 0x10000000, CLONE_NEWPID: 0x20000000 };
	const sum = Object.values({ ...flags, ...others, CLONE_NEWNET: 0x40000000 }).reduce((a, b) => a + b);
	t.deepEqual(clone?.args, [{ index: 0, value: sum, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }]);
	// ENOSYS: the C library then calls clone.
	t.like(
		syscalls.find(({ names }) => names.includes('clone3')),
		{ action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
	);
	const admin = allowedCalls(defaultSeccompProfile(['CAP_SYS_ADMIN'], 'amd64'));
	t.true(admin.has('clone') && admin.has('clone3') && admin.has('mount'));
});

test('defaultSeccompProfile() names the processors that run the image', (t) => {
	t.deepEqual(defaultSeccompProfile([], 'amd64').architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
	t.deepEqual(defaultSeccompProfile([], 'amd64', true).architectures, ['SCMP_ARCH_X86_64']);
	t.deepEqual(defaultSeccompProfile([], 'arm64', true).architectures, ['SCMP_ARCH_AARCH64']);
	t.deepEqual(defaultSeccompProfile([], 'arm64').architectures, ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM']);
	t.false('architectures' in defaultSeccompProfile([], 'riscv64'));
	t.true(allowedCalls(defaultSeccompProfile([], 'amd64')).has('arch_prctl'));
});
