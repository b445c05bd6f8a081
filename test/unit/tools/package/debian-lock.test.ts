import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { debianLockFile, debianLockText, readDebianLock } from '../../../../tools/package/debian-lock.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const tools = {
	name: 'tools',
	version: '5:1.0-1~deb12u1',
	architecture: 'amd64',
	sha256: 'a'.repeat(64),
	depends: '',
};
const meta = { ...tools, name: 'linux-image-amd64', depends: 'linux-image-6.1.0-1-amd64 (= 6.1)' };

test('debianLockText() sorts packages by name and ends in a line feed', (t) => {
	const lock = new Map([tools, meta].map((each) => [each.name, each]));
	const { name: _, depends, ...rest } = tools;
	t.is(
		debianLockText(lock),
		`${JSON.stringify(
			{ version: 1, debian: { 'linux-image-amd64': { ...rest, depends: meta.depends }, tools: rest } },
			null,
			2,
		)}\n`,
	);
	t.is(depends, '');
});

test('readDebianLock() reads what debianLockText() has written', async (t) => {
	const file = debianLockFile(scratchFolder(t));
	const lock = new Map([meta, tools].map((each) => [each.name, each]));
	writeFileSync(file, debianLockText(lock));
	t.deepEqual(await readDebianLock(file), lock);
});

test('readDebianLock() returns null without a file', async (t) => {
	t.is(await readDebianLock(join(scratchFolder(t), 'build.lock')), null);
});

const entry = (name: string, change: object = {}): unknown => ({
	version: 1,
	debian: { [name]: { version: '1', architecture: 'all', sha256: 'a'.repeat(64), ...change } },
});

const refuses = test.macro({
	async exec(t, contents: unknown, reason: RegExp) {
		const file = join(scratchFolder(t), 'build.lock');
		writeFileSync(file, typeof contents === 'string' ? contents : JSON.stringify(contents));
		const error = await t.throwsAsync(readDebianLock(file), { code: 'BAD_INPUT', message: reason });
		t.true(error.message.startsWith(`${file} is not a lock file of Debian packages: `));
		t.true(error.message.endsWith(' Write it again with "slipway pkg build --write-lock".'));
	},
	title: (what) => `readDebianLock() refuses ${what}`,
});

test('a cut file', refuses, '{"version": 1, "deb', /JSON/);
test('another version', refuses, { version: 2 }, /expected "version": 1\./);
test('the lock file of a system', refuses, { version: 1, images: {} }, /expected "debian"\./);
test('a name that apt takes for an option', refuses, entry('-oAPT'), /"-oAPT" has no "name"/);
test('a version with a space', refuses, entry('tools', { version: '1 2' }), /"tools" has no "version"/);
test('a hash that is cut', refuses, entry('tools', { sha256: 'aa' }), /"tools" has no "sha256"/);
test('a name that leads out of the store', refuses, entry('../x'), /"\.\.\/x" has no "name"/);
test('a package that is a text', refuses, { version: 1, debian: { tools: 'x' } }, /"tools" has no "version"/);
