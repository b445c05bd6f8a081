import test from 'ava';
import { UsageError } from '../../../../tools/errors.ts';
import { parseRunOptions } from '../../../../tools/options/run-options.ts';

test('parseRunOptions() has defaults for all but the name', (t) => {
	t.like(parseRunOptions(['redis-os']), {
		name: 'redis-os',
		memoryMegabytes: 1024,
		accelerator: 'auto',
		append: '',
		untilReady: false,
		timeoutSeconds: null,
	});
});

test('parseRunOptions() reads every option', (t) => {
	const words =
		'--memory 512 --cpus 1 --publish 1:2 --publish 3:4 --accel tcg --append a=b --until-ready --timeout 9 x';
	const options = parseRunOptions(words.split(' '));
	t.like(options, { name: 'x', memoryMegabytes: 512, cpus: 1, accelerator: 'tcg', append: 'a=b' });
	t.deepEqual(options.disks, []);
	t.is(options.data, null);
	t.like(options, { untilReady: true, timeoutSeconds: 9 });
	t.deepEqual(
		options.publish.map((port) => port.guestPort),
		[2, 4],
	);
});

test('parseRunOptions() reads disks in their order, and data', (t) => {
	const options = parseRunOptions(['--disk', 'size=1G', '--disk', 'a.img', '--data', 'hello there', 'x']);
	t.deepEqual(
		options.disks.map((disk) => disk.file),
		[null, 'a.img'],
	);
	t.is(options.data, 'hello there');
});

test('parseRunOptions() reads how firmware starts a medium', (t) => {
	const words = ['--firmware', 'uefi', '--drive', 'usb', '--secure-boot', 'keys/OVMF_VARS.fd', 'x.iso'];
	t.like(parseRunOptions(words), { firmware: 'uefi', drive: 'usb', secureBoot: 'keys/OVMF_VARS.fd' });
	t.is(parseRunOptions(['x.iso']).secureBoot, undefined);
	t.is(parseRunOptions(['--keep', 'x.img']).keep, true);
});

test("parseRunOptions() takes LinuxKit's words", (t) => {
	const words =
		'qemu -mem 512 -cpus 1 -networking user -arch x86_64 -disk size=1G -publish 80:80 -data-file /etc/hostname x';
	const options = parseRunOptions(words.split(' '));
	t.like(options, { name: 'x', memoryMegabytes: 512, cpus: 1, data: '/etc/hostname' });
	t.deepEqual([options.disks.length, options.publish.length], [1, 1]);
});

for (const [text, expected] of Object.entries({
	'512M': 512,
	'2G': 2048,
	'2g': 2048,
	'2GiB': 2048,
	'1TB': 2 ** 20,
})) {
	test(`parseRunOptions() reads the memory ${text}`, (t) => {
		t.is(parseRunOptions(['--memory', text, 'x']).memoryMegabytes, expected);
	});
}

test('parseRunOptions() reads a timeout with a unit', (t) => {
	t.is(parseRunOptions(['--timeout', '1m30s', 'x']).timeoutSeconds, 90);
});

const wrong: readonly [words: string, message: RegExp][] = [
	['', /needs the NAME/],
	['a b', /takes one NAME/],
	['--memory 1 a', /--memory 1: expected a size from 64M to 1T, such as 512M or 2G/],
	['--memory 2X a', /--memory 2X: expected a size/],
	['--memory 2T a', /--memory 2T: expected a size/],
	['--timeout 2d a', /--timeout 2d: expected a time of up to a day/],
	['--data-file /nonexistent a', /--data-file \/nonexistent: there is no such file/],
	['--data-file /etc/hostname --data b a', /contradict/],
	[
		'--networking tap,tap0 a',
		/--networking: slipway runs the guest behind QEMU's user network only, not tap,tap0/,
	],
	['-uefi a', /-uefi: write --firmware uefi/],
	['--arch riscv64 a', /--arch riscv64: slipway builds and boots systems for amd64 and arm64/],
	['--virtiofs /srv a', /--virtiofs: slipway shares no directory/],
	['qemu a b', /takes one NAME/],
	['--cpus 0 a', /whole number from 1/],
	['--accel hvf a', /auto, kvm or tcg/],
	['--disk none=1 a', /--disk none=1: expected/],
	['--json a', /--json needs --detach/],
	['--timeout -1 a', /timeout/],
	['--nonsense a', /nonsense/],
];

for (const [words, message] of wrong) {
	test(`parseRunOptions() refuses "${words}"`, (t) => {
		t.throws(() => parseRunOptions(words.split(' ').filter((word) => word !== '')), {
			instanceOf: UsageError,
			message,
		});
	});
}
