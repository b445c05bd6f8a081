import { mkdirSync, readdirSync, readFileSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { MapperTarget } from '../../../../native/native.ts';
import { encryptedSwap } from '../../../../pkg/swap/encrypted-swap.ts';
import { pageSizeBytes, swapHeader } from '../../../../pkg/swap/swap-header.ts';
import { createFakeNative, type FakeNative } from '../../../helpers/fake-native.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const pageBytes = pageSizeBytes();

/** A /dev of plain files, and a swap file of 16 pages and a half. */
function places(t: ExecutionContext): { dev: string; file: string } {
	const dev = scratchFolder(t);
	mkdirSync(join(dev, 'mapper'));
	for (const name of ['loop-control', 'loop7', 'mapper/control', 'dm-3']) writeFileSync(join(dev, name), '');
	const file = join(dev, 'file');
	writeFileSync(file, swapHeader(16 * pageBytes, pageBytes));
	truncateSync(file, 16.5 * pageBytes);
	return { dev, file };
}

/** The files there that this process has open. */
function openBelow(folder: string): string[] {
	return readdirSync('/proc/self/fd').flatMap((fd) => {
		try {
			const path = readlinkSync(`/proc/self/fd/${fd}`);
			return path.startsWith(folder) ? [path] : [];
		} catch {
			// Closed in the meantime, by another test.
			return [];
		}
	});
}

function methods(fake: FakeNative): string[] {
	return fake.calls.map(({ method }) => method);
}

function loadedTarget(fake: FakeNative): MapperTarget {
	const [load] = fake.calls.filter(({ method }) => method === 'dmLoad');
	return load?.args[2] as MapperTarget;
}

test('encryptedSwap() swaps to a crypt device over a loop device over the file, and both go with the swap', (t) => {
	const { dev, file } = places(t);
	const before = readFileSync(file);
	const fake = createFakeNative({ loopFree: () => 7, dmCreate: () => 3 });
	const swapped: string[] = [];
	encryptedSwap(fake.native, file, (device) => swapped.push(`${device} ${methods(fake).join(' ')}`), dev);
	t.deepEqual(openBelow(dev), []);
	t.deepEqual(swapped, [`${dev}/dm-3 loopFree loopConfigure dmCreate dmLoad dmResume`]);
	t.is(methods(fake).at(-1), 'dmRemove');
	t.is(fake.calls.at(-1)?.args[2], fake.native.constants['DM_DEFERRED_REMOVE']);
	const { constants } = fake.native;
	t.is(
		fake.calls[1]?.args[2],
		(constants['LO_FLAGS_AUTOCLEAR'] ?? 0) | (constants['LO_FLAGS_DIRECT_IO'] ?? 0),
	);

	const target = loadedTarget(fake);
	const sectors = (bytes: number): number => bytes / 512;
	t.like(target, { type: 'crypt', lengthSectors: sectors(15 * pageBytes) });
	const words = target.parameters.split(' ');
	t.regex(words[1] ?? '', /^[0-9a-f]{128}$/);
	words[1] = 'KEY';
	t.is(words.join(' '), `aes-xts-plain64 KEY 0 ${dev}/loop7 ${sectors(pageBytes)} 1 sector_size:4096`);
	t.deepEqual(readFileSync(file), before, 'the file in clear is as it was');
	const header = readFileSync(join(dev, 'dm-3'));
	t.is(header.readUInt32LE(1028), 14, 'the last page of the device');
	t.is(header.subarray(-10).toString(), 'SWAPSPACE2');
});

test('encryptedSwap() takes another key each time', (t) => {
	const { dev, file } = places(t);
	const keys = [1, 2].map(() => {
		const fake = createFakeNative({ loopFree: () => 7, dmCreate: () => 3 });
		encryptedSwap(fake.native, file, () => {}, dev);
		return loadedTarget(fake).parameters.split(' ')[1];
	});
	t.not(keys[0], keys[1]);
});

test('encryptedSwap() asks for another loop device when somebody else was faster, but not for ever', (t) => {
	const { dev, file } = places(t);
	const busy = (tries: number): FakeNative => {
		let left = tries;
		return createFakeNative({
			loopFree: () => 7,
			dmCreate: () => 3,
			loopConfigure: () => {
				left -= 1;
				if (left >= 0) throw Object.assign(new Error('EBUSY: resource busy'), { code: 'EBUSY' });
			},
		});
	};
	const patient = busy(2);
	encryptedSwap(patient.native, file, () => {}, dev);
	t.is(methods(patient).filter((method) => method === 'loopConfigure').length, 3);
	t.throws(() => encryptedSwap(busy(99).native, file, () => {}, dev), {
		name: 'AppletError',
		message: /loop7 can't be had for .*EBUSY/,
	});
});

test('encryptedSwap() leaves no device behind when the kernel refuses, and says what it may lack', (t) => {
	const { dev, file } = places(t);
	const failing = (call: 'dmLoad' | 'dmResume'): FakeNative =>
		createFakeNative({
			loopFree: () => 7,
			dmCreate: () => 3,
			[call]: () => {
				throw new Error('EINVAL: invalid argument, ioctl');
			},
		});
	for (const call of ['dmLoad', 'dmResume'] as const) {
		const fake = failing(call);
		t.throws(() => encryptedSwap(fake.native, file, () => t.fail(), dev), {
			name: 'AppletError',
			message: /can't be encrypted: .*EINVAL.*Has the kernel dm-crypt and xts\?$/,
		});
		t.is(methods(fake).at(-1), 'dmRemove');
	}
	t.throws(() => encryptedSwap(failing('dmLoad').native, file, () => t.fail(), join(dev, 'none')), {
		name: 'AppletError',
		message: /^--encrypt needs .*mapper\/control: .*ENOENT.*Has the kernel the module dm-mod/,
	});
});
