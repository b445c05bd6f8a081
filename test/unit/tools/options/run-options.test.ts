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

const wrong: readonly [words: string, message: RegExp][] = [
	['', /needs the NAME/],
	['a b', /takes one NAME/],
	['--memory 1 a', /whole number from 64/],
	['--memory 1G a', /whole number/],
	['--cpus 0 a', /whole number from 1/],
	['--accel hvf a', /auto, kvm or tcg/],
	['--disk none=1 a', /--disk none=1: expected/],
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
