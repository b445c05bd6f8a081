// Secure Boot: OVMF, with the keys of `slipway keys new`, starts the system that a build has signed, and no other. What is not started
// is seen on the console, where the firmware says so.

import { copyFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import ava from 'ava';
import { describeMedium } from '../../tools/machine/boot-medium.ts';
import { bootGuest, bootReadyGuest, type Guest } from '../helpers/guest.ts';
import { buildSystem, slipway } from '../helpers/system.ts';

const test = ava.serial;

const yaml = `kernel:
  image: slipway/kernel:v1
  cmdline: "console=ttyS0"
init:
  - slipway/init:v1
  - slipway/runc:v1
  - slipway/containerd:v1
`;

const memoryMegabytes = 512;
const limitMs = 120_000;

let signed: string;
let unsigned: string;
let secureBoot: string;
let guest: Guest | null = null;

ava.before(async () => {
	unsigned = `${await buildSystem('secure-boot-unsigned', yaml, '--format', 'uki')}.efi`;
	const keys = join(dirname(unsigned), 'secure-boot-keys');
	rmSync(keys, { recursive: true, force: true });
	const made = await slipway('keys', 'new', keys);
	if (made.exitCode !== 0) throw new Error(made.stderr);
	secureBoot = join(keys, 'OVMF_VARS.fd');
	const signing = ['--sign-key', join(keys, 'db.key'), '--sign-cert', join(keys, 'db.crt')];
	signed = `${await buildSystem('secure-boot', yaml, '--format', 'uki', ...signing)}.efi`;
});

ava.afterEach.always(async () => {
	await guest?.machine.stop();
	guest = null;
});

test('a signed system boots until all services run', async (t) => {
	guest = await bootReadyGuest(signed, { medium: describeMedium(signed, { secureBoot }), memoryMegabytes });
	t.like(await guest.machine.powerOff(60_000), { exitCode: 0, shutdown: 'poweroff' });
});

test('a system without a signature is refused', async (t) => {
	t.regex(await refusal(unsigned), /failed to load Boot0001 .*: Access Denied/);
});

test('a signed system with one other bit is refused', async (t) => {
	const altered = signed.replace('.efi', '-altered.efi');
	copyFileSync(signed, altered);
	const file = await open(altered, 'r+');
	try {
		// In the middle of the initrd.
		const position = Math.floor((await file.stat()).size / 2);
		const byte = Buffer.alloc(1);
		await file.read(byte, 0, 1, position);
		await file.write(Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, position);
	} finally {
		await file.close();
	}
	t.regex(await refusal(altered), /failed to load Boot0001 .*: Access Denied/);
});

/** Returns what the console shows until the firmware has decided, or until the kernel speaks. */
async function refusal(program: string): Promise<string> {
	const medium = describeMedium(program, { secureBoot });
	guest = await bootGuest(program, { medium, memoryMegabytes });
	const { machine } = guest;
	return await new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(new Error(`no decision:\n${machine.lastLines()}`)), limitMs);
		let shown = '';
		machine.emitter.on('console', (bytes: Buffer) => {
			shown += bytes.toString('latin1');
			if (!/failed to load [^\n]*\n|Linux version|Slipway/.test(shown)) return;
			clearTimeout(timer);
			resolve(shown);
		});
	});
}
