import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { openAddon } from '../../helpers/addon.ts';
import { bits } from '../../unit/native/bits.ts';
import { failureOf } from '../../unit/native/failure-of.ts';

const native = await openAddon();
const folder = mkdtempSync(join(tmpdir(), 'slipway-files-'));
test.after.always(() => rmSync(folder, { recursive: true }));
const place = (name: string): string => join(folder, name);
const file = (name: string): string => {
	writeFileSync(place(name), '');
	return place(name);
};

test('mknod() makes a device with its numbers', (t) => {
	native.mknod(place('device'), bits(native, 'S_IFCHR') | 0o600, 259, 65_537);
	const status = statSync(place('device'));
	t.true(status.isCharacterDevice());
	// Linux's encoding of dev_t: twelve bits of the major number between two parts of the minor one.
	t.is(status.rdev, (259 << 8) | 1 | (0x10000 << 12));
	t.is(
		failureOf(() => native.mknod(place('device'), bits(native, 'S_IFCHR'), 1, 3)),
		`mknod ${place('device')}: EEXIST`,
	);
});

test('lsetxattr(), lgetxattr() and llistxattr() keep every byte', (t) => {
	const path = file('attributes');
	const value = Uint8Array.of(0, 255, 10, 0);
	t.deepEqual(native.llistxattr(path), []);
	native.lsetxattr(path, 'trusted.one', value);
	native.lsetxattr(path, 'trusted.empty', new Uint8Array());
	t.deepEqual(native.llistxattr(path).sort(), ['trusted.empty', 'trusted.one']);
	t.deepEqual([...native.lgetxattr(path, 'trusted.one')], [...value]);
	t.is(native.lgetxattr(path, 'trusted.empty').length, 0);
});

test('lsetxattr() writes to a symbolic link, not to its target', (t) => {
	const path = file('linked');
	symlinkSync(path, place('link'));
	native.lsetxattr(place('link'), 'trusted.of-link', Buffer.from('yes'));
	t.deepEqual(native.llistxattr(place('link')), ['trusted.of-link']);
	t.deepEqual(native.llistxattr(path), []);
});
