import { ftruncateSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { swap } from '../../../../pkg/swap/swap.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { recordingHost } from '../../../helpers/recording-host.ts';

const refuses = test.macro({
	exec(t, line: string, message: RegExp) {
		const fake = createFakeNative();
		t.throws(() => swap(line.split(' '), recordingHost(fake).host), { name: 'AppletError', message });
		t.deepEqual(fake.calls, []);
	},
	title: (_, line) => `swap() refuses ${line}`,
});

test(refuses, '--size 1G', /^give the place/);
test(refuses, '--path /var/swap', /^give the size/);
test(refuses, '--path /swap --size 1G', /^\/swap is not below \/var/);
test(refuses, '--path /var/ --size 1G', /^\/var\/ is not below \/var/);
test(refuses, '--path /var/../etc/passwd --size 1G', /is not below \/var/);
test(refuses, '--path /var/swap --size 1T', /"1T" is no size/);
test(refuses, '--path /var/swap --size 1G more', /"more" is no option/);
test(refuses, '--path /var/swap --size 1G --condition disk:/x', /"disk:\/x" is no condition/);

test('swap() makes no swap when a condition is not met, which is a failure only where that is required', (t) => {
	const { host, warned } = recordingHost();
	const line = ['--path', '/var/none/swap', '--size', '1G', '--condition'];
	t.is(swap([...line, 'part:/var/none'], host), 0);
	t.is(swap([...line, 'part:/proc', '--condition', 'partsize:/:999999G:true'], host), 1);
	t.is(warned[0], 'no swap: nothing is mounted on /var/none');
	t.regex(warned[1] ?? '', /^no swap: the file system of \/ has \d+ bytes, not /);
});

test('swap() makes the file and turns it on, or says what is wrong with its place', (t) => {
	const folder = mkdtempSync('/var/tmp/slipway-swap-');
	t.teardown(() => rmSync(folder, { recursive: true }));
	const path = join(folder, 'swap');
	const fake = createFakeNative({ fallocate: (fd: number, size: number) => ftruncateSync(fd, size) });
	const { host, printed } = recordingHost(fake);
	t.is(swap(['--debug', '--path', path, '--size', '64K'], host), 0);
	t.is(fake.lines().at(-1), `swapon ${path} 0`);
	t.is(statSync(path).size, 65536);
	t.deepEqual(printed, [`swap: 64K on ${path}`]);
	const refusing = createFakeNative({
		swapon: () => {
			throw Object.assign(new Error('EINVAL: invalid argument, swapon'), { code: 'EINVAL' });
		},
	});
	t.throws(() => swap(['--path', path, '--size', '64K'], recordingHost(refusing).host), {
		message: /can't be used for swap: Error: EINVAL.* of a disk .* is the disk mounted\?$/,
	});
});
