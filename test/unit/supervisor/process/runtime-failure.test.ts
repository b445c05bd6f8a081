import test from 'ava';
import {
	execFailure,
	isRuncLine,
	runcFailure,
	runtimeFailure,
} from '../../../../supervisor/process/runtime-failure.ts';

const containerd = 'failed to create shim task: OCI runtime create failed: runc create failed: ';

const says = test.macro({
	exec(t, chain: string, sentence: string) {
		t.is(runtimeFailure(chain), sentence);
	},
	title: (_, __, sentence) => `runtimeFailure(): ${sentence}`,
});

test(
	says,
	`${containerd}unable to start container process: exec: "/nope": stat /nope: no such file or directory: unknown`,
	'the program /nope is not in the container',
);
test(
	says,
	`${containerd}unable to start container process: exec: "nope": executable file not found in $PATH: unknown`,
	'the program nope is not in the container',
);
test(
	says,
	`${containerd}unable to start container process: exec: "/etc": permission denied: unknown`,
	"the program /etc can't be executed: it is a directory, or lacks the mode x for its user",
);
test(
	says,
	`${containerd}unable to start container process: error during container init: error mounting "/nowhere" to rootfs at "/x/y": stat /nowhere: no such file or directory: unknown`,
	'/nowhere does not exist, which is to be mounted at /x/y',
);
test(
	says,
	`${containerd}unable to start container process: error during container init: error setting rlimits for type 7: operation not permitted: unknown`,
	'operation not permitted (error setting rlimits for type 7)',
);
// The chains of runc 1.1.5 in a boot.
const init = `${containerd}unable to start container process: error during container init: `;
test(
	says,
	`${init}error mounting "/etc/noexec" to rootfs at "/no/target": mkdir /containers/services/a/rootfs/no: read-only file system: unknown`,
	"/no/target is not in the image, and can't be made in a read-only container",
);
test(
	says,
	`${init}error mounting "tmpfs" to rootfs at "/tmp": mount tmpfs:/tmp (via /proc/self/fd/6), data: size=10m,bogus: invalid argument: unknown`,
	"tmpfs can't be mounted at /tmp with the options size=10m,bogus: invalid argument",
);
test(
	says,
	`${init}error mounting "/dev/vda" to rootfs at "/data": mount /dev/vda:/data (via /proc/self/fd/6), flags: 0x1: no such device: unknown`,
	"/dev/vda can't be mounted at /data: no such device",
);
test(
	says,
	`${init}mkdir /no: read-only file system: unknown`,
	"the working directory can't be made (/no): read-only file system",
);
test(
	says,
	`${init}error setting rlimits for ready process: error setting rlimit type 7: operation not permitted: unknown`,
	"the limit nofile can't be set: operation not permitted",
);
test(
	says,
	`${containerd}unable to start container process: container init was OOM-killed (memory limit too low?): unknown`,
	'the limit of memory is too small for a start',
);
test(
	says,
	`${containerd}unable to create new parent process: namespace path: lstat /run/netns/none: no such file or directory: unknown`,
	'the namespace /run/netns/none does not exist',
);
test(says, 'a text of another form', 'a text of another form');
test(says, 'no layer: a "quoted: \u001b[2J" end', 'no layer: a "quoted:  [2J" end');

test('runtimeFailure(): a long hostile chain is read in linear time', (t) => {
	t.is(runtimeFailure(`${containerd.repeat(2000)}x: y`), 'y (x)');
	t.true(runtimeFailure('exec: "'.repeat(20_000)).length > 0);
});

test("execFailure() is the refusal of the kernel to run the container's program, and nothing else", (t) => {
	t.is(
		execFailure('exec /x: no such file or directory', '/x'),
		'the interpreter of /x is not in the container',
	);
	t.regex(execFailure('exec /usr/bin/x: exec format error', 'x') ?? '', /^\/usr\/bin\/x is no program for/);
	t.is(execFailure('exec /y: no such file or directory', '/x'), null);
	t.is(execFailure('exec /x: permission denied', '/x'), null);
	t.is(execFailure('exec /x: no such file or directory', undefined), null);
	t.is(execFailure(undefined, '/x'), null);
});

test("isRuncLine() tells runc's log from the container's", (t) => {
	t.true(isRuncLine('time="2026-11-29T06:57:11Z" level=warning msg="lstat /sys/fs/cgroup/a: no such file"'));
	t.false(isRuncLine('the time="x" level=warning'));
});

test("runcFailure() is runc's own last words, and nothing else's", (t) => {
	const line = String.raw`time="2026-11-28T14:54:24Z" level=error msg="runc run failed: unable to start container process: exec: \"/nope\": stat /nope: no such file or directory"`;
	t.is(runcFailure(line), 'the program /nope is not in the container');
	t.is(runcFailure('time="2026-11-28T14:54:24Z" level=error msg="disk full"'), null);
	t.is(runcFailure('exit 1'), null);
	t.is(runcFailure(undefined), null);
});
