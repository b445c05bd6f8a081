import test from 'ava';
import { runcFailure, runtimeFailure } from '../../../../supervisor/process/runtime-failure.ts';

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
	"the program /etc can't be executed: it is a directory, or lacks the mode x",
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
test(says, 'a text of another form', 'a text of another form');
test(says, 'no layer: a "quoted: \u001b[2J" end', 'no layer: a "quoted:  [2J" end');

test('runtimeFailure(): a long hostile chain is read in linear time', (t) => {
	t.is(runtimeFailure(`${containerd.repeat(2000)}x: y`), 'y (x)');
	t.true(runtimeFailure('exec: "'.repeat(20_000)).length > 0);
});

test("runcFailure() is runc's own last words, and nothing else's", (t) => {
	const line = String.raw`time="2026-11-28T14:54:24Z" level=error msg="runc run failed: unable to start container process: exec: \"/nope\": stat /nope: no such file or directory"`;
	t.is(runcFailure(line), 'the program /nope is not in the container');
	t.is(runcFailure('time="2026-11-28T14:54:24Z" level=error msg="disk full"'), null);
	t.is(runcFailure('exit 1'), null);
	t.is(runcFailure(undefined), null);
});
