// Secure Boot: OVMF, with the keys of `slipway keys new`, starts the system that a build has signed, and no other. What is not started
// is seen on the console, where the firmware says so. The root of a disk is outside the signed program, whose command line has its
// hash. A TPM shows what was started.
// Runs alone: its machines have two processors.

import { copyFileSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import ava from 'ava';
import type { PlatformRegister } from '../../supervisor/contract/protocol.ts';
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
services:
  - name: getty
    image: slipway/getty:v1
    env: ["INSECURE=true"]
`;

const memoryMegabytes = 512;
const limitMs = 120_000;

let signed: string;
let signedDisk: string;
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
	const name = await buildSystem('secure-boot', yaml, '--format', 'uki,raw-efi', ...signing);
	signed = `${name}.efi`;
	signedDisk = `${name}-efi.img`;
});

ava.afterEach.always(async () => {
	await guest?.machine.stop();
	guest = null;
});

test('a signed system boots, and register 11 of its TPM is what slipway inspect foretells', async (t) => {
	const medium = describeMedium(signed, { secureBoot });
	guest = await bootReadyGuest(signed, { medium, cpus: 2, memoryMegabytes, tpm: true });
	const shown = await guest.shell('service pid1 --json');
	const { pcrs } = JSON.parse(shown.output) as { readonly pcrs: readonly PlatformRegister[] };
	const { pcr11 } = JSON.parse((await slipway('inspect', '--json', signed)).stdout) as {
		readonly pcr11: string;
	};
	t.regex(pcr11, /^[0-9a-f]{64}$/);
	t.is(pcrs.find(({ index }) => index === 11)?.sha256, pcr11);
	t.regex((await guest.shell('service pid1')).output, new RegExp(pcr11));
	t.like(await guest.machine.powerOff(60_000), { exitCode: 0, shutdown: 'poweroff' });
});

test('a system without a signature is refused', async (t) => {
	t.regex(await refusal(unsigned), /failed to load Boot0001 .*: Access Denied/);
});

test('a signed system with one other bit is refused', async (t) => {
	const altered = signed.replace('.efi', '-altered.efi');
	copyFileSync(signed, altered);
	// In the middle of the initrd.
	await flipBit(altered, Math.floor(statSync(altered).size / 2));
	t.regex(await refusal(altered), /failed to load Boot0001 .*: Access Denied/);
});

test('a signed disk boots from its checked root', async (t) => {
	const medium = describeMedium(signedDisk, { secureBoot });
	guest = await bootReadyGuest(signedDisk, { medium, cpus: 2, memoryMegabytes });
	t.regex((await guest.shell('cat /proc/1/mounts')).output, /^\/dev\/dm-0 \/ squashfs ro/m);
});

test('a signed disk with one other bit in its root ends in a panic of the kernel', async (t) => {
	const altered = signedDisk.replace('.img', '-altered.img');
	copyFileSync(signedDisk, altered);
	await flipBit(altered, (await rootStart(altered)) + 100);
	const shown = await consoleUntil(/Kernel panic[^\n]*\n/, altered);
	t.regex(shown, /Kernel panic - not syncing: dm-verity device corrupted/);
});

async function flipBit(path: string, position: number): Promise<void> {
	const file = await open(path, 'r+');
	try {
		const byte = Buffer.alloc(1);
		await file.read(byte, 0, 1, position);
		await file.write(Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, position);
	} finally {
		await file.close();
	}
}

/** Returns the position of the second partition (UEFI 2.10, chapter 5.3). */
async function rootStart(path: string): Promise<number> {
	const file = await open(path, 'r');
	try {
		const entry = Buffer.alloc(128);
		await file.read(entry, 0, entry.length, 2 * 512 + 128);
		return Number(entry.readBigUInt64LE(32)) * 512;
	} finally {
		await file.close();
	}
}

/** Returns what the console shows until the firmware has decided, or until the kernel speaks. */
async function refusal(program: string): Promise<string> {
	return await consoleUntil(/failed to load [^\n]*\n|Linux version|Slipway/, program);
}

/** Returns what the console shows until it has an end. */
async function consoleUntil(end: RegExp, path: string): Promise<string> {
	const medium = describeMedium(path, { secureBoot });
	guest = await bootGuest(path, { medium, cpus: 2, memoryMegabytes });
	const { machine } = guest;
	return await new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(new Error(`no decision:\n${machine.lastLines()}`)), limitMs);
		let shown = '';
		machine.emitter.on('console', (bytes: Buffer) => {
			shown += bytes.toString('latin1');
			if (!end.test(shown)) return;
			clearTimeout(timer);
			resolve(shown);
		});
	});
}
