import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type RngdDevices, rngd } from '../../../../pkg/rngd/rngd.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { recordingHost } from '../../../helpers/recording-host.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

function devices(t: ExecutionContext, generator: string): RngdDevices {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'pool'), '');
	writeFileSync(join(folder, 'driver'), 'virtio_rng.0\n');
	return { generator, pool: join(folder, 'pool'), driver: join(folder, 'driver') };
}

test('rngd() -1 seeds the pool from the generator, counting half of the bits, and ends', async (t) => {
	const fake = createFakeNative();
	const { host, printed } = recordingHost(fake);
	t.is(await rngd(['-1'], host, devices(t, '/dev/urandom')), 0);
	t.deepEqual(
		fake.calls.map(({ method }) => method),
		['addEntropy'],
	);
	const [, bytes, bits] = fake.calls[0]?.args ?? [];
	t.is((bytes as Buffer).length, 64);
	t.is(bits, 256);
	t.deepEqual(printed, ["seeded the kernel's pool with 64 bytes of virtio_rng.0"]);
});

test('rngd(), as a service, stays without its memory', async (t) => {
	const fake = createFakeNative();
	await rngd(['-disable-rdrand', '-disable-rdseed'], recordingHost(fake).host, devices(t, '/dev/urandom'));
	t.is(fake.lines().at(-1), 'waitForEnd /sbin/rngd');
});

test('rngd() counts no more bits than it was given: a generator that has gone, one that is empty', async (t) => {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'short'), 'abcdefgh');
	const fake = createFakeNative();
	const { host, printed } = recordingHost(fake);
	t.is(await rngd(['-1'], host, devices(t, join(folder, 'short')), 100), 0);
	t.is(fake.calls[0]?.args[2], 32);
	t.is(await rngd(['-1'], host, devices(t, '/dev/null'), 100), 0);
	t.is(fake.calls.length, 1);
	t.is(printed[1], '/dev/null gave nothing for 0.1 s; the kernel asks it again');
});

test('rngd() tells of a machine without a generator, which is no failure', async (t) => {
	const { host, printed } = recordingHost();
	t.is(await rngd(['-1'], host, devices(t, '/nowhere')), 0);
	t.deepEqual(printed, ['/nowhere is not there: the kernel seeds itself from what the processor has']);
});

test('rngd() says which capability the container lacks', async (t) => {
	const fake = createFakeNative({
		addEntropy: () => {
			throw Object.assign(new Error('EPERM: operation not permitted, ioctl'), { code: 'EPERM' });
		},
	});
	await t.throwsAsync(rngd([], recordingHost(fake).host, devices(t, '/dev/urandom')), {
		name: 'AppletError',
		message: "the kernel's pool can't be seeded: the container lacks CAP_SYS_ADMIN",
	});
});

test('rngd() refuses what it does not know', async (t) => {
	await t.throwsAsync(rngd(['-f'], recordingHost().host), {
		message: /no option -f\. Options: -1, -disable-rdrand/,
	});
	await t.throwsAsync(rngd(['x'], recordingHost().host), { message: '"x" is no option' });
});
