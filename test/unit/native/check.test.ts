import test from 'ava';
import { ArgumentError } from '../../../native/check.ts';
import type { Native } from '../../../native/native.ts';
import { openAddon } from '../../helpers/addon.ts';

const native = await openAddon();

// Arguments that the types forbid, as data from outside could bring them.
const wrong = <T>(value: unknown): T => value as T;

const refused = test.macro({
	exec(t, call: (native: Native) => unknown, message: string) {
		const error = t.throws(() => call(native), { instanceOf: ArgumentError });
		t.is(error.message, message);
		t.is(error.code, 'ERR_INVALID_ARG');
	},
	title: (name, _call, message) => `ArgumentError: ${name ?? ''} ${message}`,
});

const request = { path: '/bin/true', args: ['true'], env: [], stdio: [0, 1, 2] } as const;

test(
	'path with a NUL byte:',
	refused,
	(n: Native) => n.chdir('/etc\0/x'),
	'path must be a string without NUL bytes, not "/etc\\u0000/x"',
);
test(refused, (n: Native) => n.chroot(wrong(7)), 'path must be a string, not 7');
test(refused, (n: Native) => n.mount(null, wrong(null), null, 0, null), 'target must be a string, not null');
test(
	refused,
	(n: Native) => n.mount(null, '/', null, 0.5, null),
	'flags must be an integer of 32 bits, not 0.5',
);
test(refused, (n: Native) => n.kill(2 ** 32, 0), 'pid must be an integer of 32 bits, not 4294967296');
test(refused, (n: Native) => n.setns(-1, 0), 'fd must be a descriptor, not -1');
test(refused, (n: Native) => n.readAvailable(0, -1), 'maxBytes must be an integer of 0 and up, not -1');
test(refused, (n: Native) => n.setrlimit(7, Number.NaN, 1), 'soft must be an integer of 0 and up, not NaN');
test(refused, (n: Native) => n.setRealtimeClock(-1), 'seconds must be a time since the epoch, not -1');
test(
	refused,
	(n: Native) => n.addressAdd('lo', Uint8Array.of(127, 0, 1), 8),
	'address must be four bytes or sixteen, not 127,0,1',
);
test(
	refused,
	(n: Native) => n.addressAdd('lo', Uint8Array.of(127, 0, 0, 1), 129),
	'prefixLength must be a number from 0 to 128, not 129',
);
test(refused, (n: Native) => n.routeAddDefault('lo', wrong('1')), 'gateway must be a Uint8Array, not "1"');
test(refused, (n: Native) => n.writeAvailable(1, wrong('text')), 'bytes must be a Uint8Array, not "text"');
test(refused, (n: Native) => n.watchReadable(0, wrong(null)), 'onReadable must be a function, not null');
test(
	refused,
	(n: Native) => n.spawn({ ...request, args: wrong('true') }),
	'args must be an array of strings, not true'.replace('true', '"true"'),
);
test(
	refused,
	(n: Native) => n.spawn({ ...request, env: ['A=1', 'B=\0'] }),
	'env[1] must be a string without NUL bytes, not "B=\\u0000"',
);
test(
	refused,
	(n: Native) => n.spawn({ ...request, stdio: wrong([0, 1]) }),
	'stdio must be three descriptors, not 0,1',
);
test(
	'uid 2^32 - 1 would mean "stay root":',
	refused,
	(n: Native) => n.spawn({ ...request, uid: 2 ** 32 - 1 }),
	'uid must be a user or group number, not 4294967295',
);
test(
	refused,
	(n: Native) => n.spawn({ ...request, groups: [1, -1] }),
	'groups[1] must be a user or group number, not -1',
);
test(
	refused,
	(n: Native) => n.spawn({ ...request, enter: [{ fd: wrong(undefined), kind: 0 }] }),
	'enter[0].fd must be a descriptor, not undefined',
);
test(
	refused,
	(n: Native) => n.spawn({ ...request, controllingTerminal: true }),
	'controllingTerminal must be together with newSession, not true',
);
