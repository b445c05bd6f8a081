// `rngd`: seeds the kernel's pool of entropy from the machine's generator of random numbers at once. As a service it
// then stays, doing nothing, in a few pages of memory.
//
// For nothing is left to do: the kernel of today never runs out of entropy once it is seeded; it takes more from that
// generator every minute by a thread of its own (drivers/char/hw_random/core.c), and from RDSEED and RDRAND whenever
// it makes a new key (drivers/char/random.c). What it doesn't do is wait for a generator that is slow to answer.

import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { AppletError, type AppletHost } from '../applet/applet.ts';
import { parseFlags, refuseWords } from '../applet/flags.ts';

const devices = {
	generator: '/dev/hwrng',
	pool: '/dev/random',
	/** The name of the driver that answers for the generator. */
	driver: '/sys/class/misc/hw_random/rng_current',
} as const;

export type RngdDevices = { readonly [K in keyof typeof devices]: string };

/** The pool is 256 bits (random.c, POOL_BITS): twice as many are read as are counted. */
const seedBytes = 64;
const countedBits = 256;
const usualTimeoutMs = 10_000;

export async function rngd(
	args: readonly string[],
	host: AppletHost,
	paths: RngdDevices = devices,
	timeoutMs = usualTimeoutMs,
): Promise<number> {
	// RDRAND and RDSEED are the kernel's affair (`random.trust_cpu=0` of its command line): taken, and no more.
	const { flags, rest } = parseFlags(args, { '1': false, 'disable-rdrand': false, 'disable-rdseed': false });
	refuseWords(rest);
	host.print(await seed(host, paths, timeoutMs));
	return flags['1'] ? 0 : host.native().waitForEnd('/sbin/rngd');
}

/** Returns a sentence about what was done. */
async function seed(host: AppletHost, paths: RngdDevices, timeoutMs: number): Promise<string> {
	const fd = openGenerator(paths.generator);
	if (fd === null)
		return `${paths.generator} is not there: the kernel seeds itself from what the processor has`;
	try {
		const bytes = await readRandom(fd, timeoutMs);
		if (bytes.length === 0)
			return `${paths.generator} gave nothing for ${timeoutMs / 1000} s; the kernel asks it again`;
		addEntropy(host, paths.pool, bytes);
		return `seeded the kernel's pool with ${bytes.length} bytes of ${driverName(paths)}`;
	} finally {
		closeSync(fd);
	}
}

/** Returns null when this machine has no generator. ENODEV is the answer of a device whose driver found nothing. */
function openGenerator(path: string): number | null {
	try {
		return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
	} catch (error) {
		if (['ENOENT', 'ENODEV', 'ENXIO'].includes(codeOf(error))) return null;
		throw new AppletError(`the generator can't be opened: ${String(error)}`, { cause: error });
	}
}

/** Not a read that blocks: a host that gives no random numbers would hold this process, and its end, for ever. */
async function readRandom(fd: number, timeoutMs: number): Promise<Buffer> {
	const buffer = Buffer.alloc(seedBytes);
	const deadline = performance.now() + timeoutMs;
	let length = 0;
	while (length < seedBytes && performance.now() < deadline) {
		const count = readAvailable(fd, buffer, length);
		if (count === null) break;
		length += count;
		if (count === 0) await new Promise((resolve) => setTimeout(resolve, 20));
	}
	return buffer.subarray(0, length);
}

/** 0: nothing yet; null: the generator has gone. */
function readAvailable(fd: number, buffer: Buffer, offset: number): number | null {
	try {
		return readSync(fd, buffer, { offset });
	} catch (error) {
		if (codeOf(error) === 'EAGAIN') return 0;
		if (codeOf(error) === 'ENODEV') return null;
		throw new AppletError(`the generator can't be read: ${String(error)}`, { cause: error });
	}
}

function addEntropy(host: AppletHost, pool: string, bytes: Buffer): void {
	const fd = openSync(pool, constants.O_WRONLY);
	try {
		const bits = Math.min(countedBits, bytes.length * 4);
		host.native().addEntropy(fd, bytes, bits);
	} catch (cause) {
		const why = codeOf(cause) === 'EPERM' ? 'the container lacks CAP_SYS_ADMIN' : String(cause);
		throw new AppletError(`the kernel's pool can't be seeded: ${why}`, { cause });
	} finally {
		closeSync(fd);
	}
}

function driverName({ driver, generator }: RngdDevices): string {
	try {
		return readFileSync(driver, 'utf8').trim();
	} catch {
		return generator;
	}
}

function codeOf(error: unknown): string {
	return error instanceof Error && 'code' in error ? String(error.code) : '';
}
