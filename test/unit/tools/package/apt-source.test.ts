// apt's tools are replaced by scripts that say what apt says; serial, because they are found by PATH.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { processors } from '../../../../supervisor/contract/processors.ts';
import { createAptSource } from '../../../../tools/package/apt-source.ts';
import type { DebianPackage, PackageSource } from '../../../../tools/package/package-source.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { digestOf } from '../../../helpers/tar.ts';

const contents = 'the bytes of the package';
const sha256 = digestOf(Buffer.from(contents)).slice('sha256:'.length);

const stanza = (name: string, hash: string): string =>
	`Package: ${name}\nVersion: 5:7.0\nArchitecture: amd64\nDepends: libc6 (>= 2.36), x | y\nDescription: t\n Package: no\nSHA256: ${hash}\n`;

interface Apt {
	readonly source: PackageSource;
	readonly cache: string;
	readonly notices: readonly string[];
	/** The command lines so far. */
	calls(): readonly string[];
}

/** @param tools - what each of apt's programs does, as a shell script */
function fakeApt(t: ExecutionContext, tools: Readonly<Record<string, string>>): Apt {
	const folder = scratchFolder(t);
	const log = join(folder, 'log');
	writeFileSync(log, '');
	mkdirSync(join(folder, 'bin'));
	for (const [name, script] of Object.entries(tools))
		writeFileSync(join(folder, 'bin', name), `#!/bin/sh\necho "${name} $*" >> ${log}\n${script}\n`, {
			mode: 0o755,
		});
	const before = process.env['PATH'];
	process.env['PATH'] = `${join(folder, 'bin')}:/usr/bin:/bin`;
	t.teardown(() => {
		process.env['PATH'] = before;
	});
	const cache = join(folder, 'cache');
	const notices: string[] = [];
	return {
		source: createAptSource(cache, { onNotice: (text) => notices.push(text) }),
		notices,
		cache,
		calls: () => readFileSync(log, 'utf8').trimEnd().split('\n'),
	};
}

const redis: DebianPackage = {
	name: 'redis',
	version: '5:7.0',
	architecture: 'amd64',
	sha256,
	depends: 'libc6 (>= 2.36), x | y',
};

test.serial('candidates() queries each name once and omits names that apt does not know', async (t) => {
	// As apt-cache does when it knows some of the names.
	const { source, calls } = fakeApt(t, {
		'apt-cache': `cat <<'E'\n${stanza('redis', sha256)}\n${stanza('virtual', '').replace('SHA256: \n', '')}E\necho "E: No packages found" >&2; exit 100`,
	});
	t.deepEqual([...(await source.candidates(['redis', 'tolls']))], [['redis', redis]]);
	t.deepEqual([...(await source.candidates(['tolls', 'redis']))], [['redis', redis]]);
	t.deepEqual([...(await source.candidates([]))], []);
	t.deepEqual(calls(), ['apt-cache show --no-all-versions redis tolls', 'apt-cache show virtual']);
});

test.serial('candidates() answers a second query for the same names during the first', async (t) => {
	const { source, calls } = fakeApt(t, { 'apt-cache': `cat <<'E'\n${stanza('redis', sha256)}E` });
	const answers = await Promise.all([source.candidates(['redis']), source.candidates(['redis'])]);
	for (const answer of answers) t.deepEqual([...answer], [['redis', redis]]);
	t.is(calls().length, 1);
});

test.serial(
	'dependencies() returns the packages of apt-cache without relations and virtual packages',
	async (t) => {
		const { source, calls } = fakeApt(t, {
			'apt-cache': `cat <<'E'\nredis\n  Depends: libc6\n |Depends: x\n  Depends: <awk>\nlibc6\n<awk>\nlibstdc++6\nlibc6:i386\nE`,
		});
		t.deepEqual(await source.dependencies(['redis']), ['redis', 'libc6', 'libstdc++6']);
		t.deepEqual(await source.dependencies([]), []);
		t.is(calls().length, 1);
		t.regex(calls()[0] ?? '', /^apt-cache depends --recurse .*--no-recommends .*redis$/);
	},
);

test.serial('fetch() downloads a package once', async (t) => {
	const { source, cache, calls } = fakeApt(t, { 'apt-get': `printf '${contents}' > redis_7.0.deb` });
	const path = await source.fetch(redis);
	t.is(path, join(cache, `redis_${sha256}.deb`));
	t.is(readFileSync(path, 'utf8'), contents);
	t.is(await source.fetch(redis), path);
	t.deepEqual(calls(), ['apt-get -q -o APT::Sandbox::User=root download redis=5:7.0']);
	t.deepEqual(readdirSync(cache), [`redis_${sha256}.deb`]);
});

test.serial('fetch() downloads a package again that was damaged on the disk, and tells it', async (t) => {
	const { source, cache, notices, calls } = fakeApt(t, { 'apt-get': `printf '${contents}' > redis_7.0.deb` });
	const path = join(cache, `redis_${sha256}.deb`);
	mkdirSync(cache);
	writeFileSync(path, 'damaged');
	t.is(await source.fetch(redis), path);
	t.is(readFileSync(path, 'utf8'), contents);
	t.deepEqual(notices, [`${path} is damaged; it is downloaded again.`]);
	t.is(calls().length, 1);
});

test.serial('fetch() takes a whole package from the disk, without apt', async (t) => {
	const { source, cache, notices } = fakeApt(t, { 'apt-get': 'exit 100' });
	const path = join(cache, `redis_${sha256}.deb`);
	mkdirSync(cache);
	writeFileSync(path, contents);
	t.is(await source.fetch(redis), path);
	t.deepEqual(notices, []);
});

test.serial('fetch() downloads once what two recipes need at the same time', async (t) => {
	const { source, calls } = fakeApt(t, { 'apt-get': `printf '${contents}' > redis_7.0.deb` });
	await Promise.all([source.fetch(redis), source.fetch(redis)]);
	t.is(calls().length, 1);
});

test.serial('unknown() says what to do', (t) => {
	const { source } = fakeApt(t, {});
	t.regex(source.unknown('tolls').message, /^apt has no package tolls\. .*"apt-get update"\.$/);
});

const failsToFetch = test.macro({
	async exec(t, script: string, code: string, message: RegExp) {
		const { source, cache } = fakeApt(t, { 'apt-get': script });
		await t.throwsAsync(source.fetch(redis), { code, message });
		t.deepEqual(readdirSync(cache), []);
	},
	title: (what) => `fetch() keeps nothing: ${what}`,
});

test.serial(
	'digest mismatch',
	failsToFetch,
	'echo evil > redis.deb',
	'DIGEST_MISMATCH',
	/redis gave [0-9a-f]{64}, not .*"apt-get update"/,
);
test.serial('apt-get downloads nothing', failsToFetch, 'true', 'DIGEST_MISMATCH', /redis gave nothing, not/);
test.serial(
	'apt-get fails',
	failsToFetch,
	'echo "E: no network" >&2; exit 100',
	'TOOL_FAILED',
	/^apt-get -q .*: E: no network$/,
);

test.serial('a host without apt is told so', async (t) => {
	const { source } = fakeApt(t, {});
	process.env['PATH'] = '/nowhere';
	await t.throwsAsync(source.candidates(['redis']), {
		code: 'TOOL_FAILED',
		message: /^apt-cache show .*: it is not installed\. The Debian package apt has it\./,
	});
});

test.serial(
	'createAptSource() for another processor refuses a directory that apt.conf can not name',
	async (t) => {
		const folder = join(scratchFolder(t), 'a"b');
		const source = createAptSource(folder, { processor: processors.arm64 });
		await t.throwsAsync(source.candidates(['bash']), {
			code: 'BAD_INPUT',
			message: /has a quote, a backslash or a line break\. Name another one by --cache\.$/,
		});
	},
);
