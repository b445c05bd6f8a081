import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import test from 'ava';
import type { ContainerSettings } from '../../../../tools/config/system-config.ts';
import { type ImageStore, openImageStore } from '../../../../tools/images/store.ts';
import { buildPackage } from '../../../../tools/package/build-package.ts';
import { loadRecipe } from '../../../../tools/package/recipe.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { buildImage, type MadeUpPackage, madeUpSource, projectFolder } from './made-up-debian.ts';

const tools: MadeUpPackage = {
	name: 'tools',
	members: [
		{ name: 'usr/', type: 'directory', mode: 0o755 },
		{ name: 'usr/bin/', type: 'directory', mode: 0o755 },
		{ name: 'usr/bin/ping', body: 'ping', mode: 0o4755, uid: 3, gid: 70000 },
		{ name: 'usr/bin/ping4', type: 'symlink', linkname: 'ping', mode: 0o777 },
		{ name: 'usr/bin/perl', body: 'perl', mode: 0o755 },
		{ name: 'usr/bin/perl5', type: 'link', linkname: './usr/bin/perl', mode: 0o755 },
		{ name: 'var/', type: 'directory', mode: 0o755 },
		{ name: 'var/spool/', type: 'directory', mode: 0o2775, uid: 1, gid: 8 },
		{ name: 'var/spool/one.db', body: 'first', mode: 0o600, uid: 1, gid: 8 },
		{ name: 'var/spool/deep/', type: 'directory', mode: 0o700 },
		{ name: 'var/spool/deep/two.db', body: 'second', mode: 0o640 },
	],
};

const [usr, bin] = ['drwxr-xr-x 0/0 0 usr/', 'drwxr-xr-x 0/0 0 usr/bin/'];
const ping = '-rwsr-xr-x 3/70000 4 usr/bin/ping';
const ping4 = 'lrwxrwxrwx 0/0 0 usr/bin/ping4 -> ping';
const spool = [
	'drwxrwsr-x 1/8 0 var/spool/',
	'drwx------ 0/0 0 var/spool/deep/',
	'-rw-r----- 0/0 6 var/spool/deep/two.db',
	'-rw------- 1/8 5 var/spool/one.db',
];

const takes = test.macro({
	async exec(t, line: string, expected: readonly string[]) {
		const source = await madeUpSource(t, tools);
		const { listing } = await buildImage(t, `debian: [{ package: tools, take: ["${line}"] }]\n`, source);
		t.deepEqual(listing, expected);
	},
	title: (what, line: string) => `buildPackage() takes ${what}: ${line}`,
});

test('a path, with its owner and setuid', takes, '/usr/bin/ping', [usr, bin, ping]);
test('a path without a slash', takes, 'usr/bin/ping4', [usr, bin, ping4]);
test('the matches of a glob', takes, '/usr/bin/ping*', [usr, bin, ping, ping4]);
test('what a glob matches, with the directories below', takes, '/var/**/*.db', [
	'drwxr-xr-x 0/0 0 var/',
	'drwxr-xr-x 0/0 0 var/spool/',
	'drwxr-xr-x 0/0 0 var/spool/deep/',
	'-rw-r----- 0/0 6 var/spool/deep/two.db',
	'-rw------- 1/8 5 var/spool/one.db',
]);
test('a directory with its contents', takes, '/var/spool', ['drwxr-xr-x 0/0 0 var/', ...spool]);
test('a file under another name', takes, '/usr/bin/ping:/bin/p', [
	'drwxr-xr-x 0/0 0 bin/',
	'-rwsr-xr-x 3/70000 4 bin/p',
]);
test('a directory under another name', takes, '/var/spool:/srv', [
	...spool.map((line) => line.replace('var/spool/', 'srv/')),
]);

test('buildPackage() gives both names of a hard link its bytes and mode', async (t) => {
	const yaml = 'debian: [{ package: tools, take: ["/usr/bin/perl*", "/usr/bin/perl5:/only"] }]\n';
	const { listing, read } = await buildImage(t, yaml, await madeUpSource(t, tools));
	t.deepEqual(listing.slice(0, 1), ['-rwxr-xr-x 0/0 4 only']);
	t.deepEqual(listing.slice(3), ['-rwxr-xr-x 0/0 4 usr/bin/perl', '-rwxr-xr-x 0/0 4 usr/bin/perl5']);
	for (const path of ['only', 'usr/bin/perl', 'usr/bin/perl5']) t.is(await read(path), 'perl');
});

test('buildPackage() reads what dpkg-deb builds', async (t) => {
	const root = projectFolder(t, {
		'DEBIAN/control': 'Package: real\nVersion: 1\nArchitecture: all\nMaintainer: t\nDescription: t\n',
		[`usr/share/${'long/'.repeat(30)}name`]: 'deep',
		'usr/bin/tool': 'tool',
	});
	symlinkSync('tool', join(root, 'usr/bin/link'));
	await runProgram('chmod', ['-R', 'u=rwX,go=rX', root]);
	await runProgram('chmod', ['6750', join(root, 'usr/bin/tool')]);
	const file = join(scratchFolder(t), 'real.deb');
	const made = await runProgram('dpkg-deb', ['--root-owner-group', '--build', root, file]);
	t.is(made.exitCode, 0, made.stderr);
	const source = await madeUpSource(t);
	await source.publishFile('real', file);
	const image = await buildImage(t, 'debian: [{ package: real, take: [/usr] }]\n', source);
	t.deepEqual(image.listing.slice(0, 4), [
		usr,
		bin,
		'lrwxrwxrwx 0/0 0 usr/bin/link -> tool',
		'-rwsr-s--- 0/0 4 usr/bin/tool',
	]);
	t.is(await image.read(`usr/share/${'long/'.repeat(30)}name`), 'deep');
});

test('buildPackage() adds copies, files, links and directories, each replacing earlier ones', async (t) => {
	const source = await madeUpSource(t, tools);
	const yaml = `debian: [{ package: tools, take: [/usr/bin/perl, "/usr/bin/ping:/bin/ping"] }]
copy:
  - { from: root, to: / }
  - { from: root/etc/motd, to: usr/bin/perl }
directories:
  - { path: tmp, mode: "1777" }
  - { path: etc/ssl, mode: "0700" }
files:
  - { path: etc/motd, contents: "from the recipe" }
  - { path: etc/ssl/key, contents: secret, mode: "0400" }
links:
  - { path: /bin/ping, target: ../../outside }
`;
	const image = await buildImage(t, yaml, source, { 'root/etc/motd': 'copied', 'root/etc/more': 'more' });
	t.deepEqual(image.listing, [
		'drwxr-xr-x 0/0 0 bin/',
		'lrwxrwxrwx 0/0 0 bin/ping -> ../../outside',
		'drwxr-xr-x 0/0 0 etc/',
		'-rw-r--r-- 0/0 4 etc/more',
		'-rw-r--r-- 0/0 15 etc/motd',
		'drwx------ 0/0 0 etc/ssl/',
		'-r-------- 0/0 6 etc/ssl/key',
		'drwxrwxrwt 0/0 0 tmp/',
		usr,
		bin,
		'-rw-r--r-- 0/0 6 usr/bin/perl',
	]);
	t.is(await image.read('etc/motd'), 'from the recipe');
	t.is(await image.read('usr/bin/perl'), 'copied');
});

test('buildPackage() copies links as links, empty directories, and the executable bit of a program', async (t) => {
	const folder = projectFolder(t, {
		'build.yml': 'image: x\ncopy: [{ from: root, to: opt }]\n',
		'root/run': '',
	});
	mkdirSync(join(folder, 'root/empty'));
	symlinkSync('/nowhere', join(folder, 'root/link'));
	await runProgram('chmod', ['0700', join(folder, 'root/run')]);
	const store = openImageStore(scratchFolder(t));
	await buildPackage(await loadRecipe(folder), store, await madeUpSource(t));
	const [layer] = (await store.find('slipway/x:v1'))?.layers ?? [];
	const { stdout } = await runProgram('tar', ['-tvzf', store.blobs.path(layer?.digest ?? '')]);
	t.deepEqual(
		stdout
			.trimEnd()
			.split('\n')
			.map((line) => line.replace(/ .*:\d\d /, ' ')),
		['drwxr-xr-x opt/', 'drwxr-xr-x opt/empty/', 'lrwxrwxrwx opt/link -> /nowhere', '-rwxr-xr-x opt/run'],
	);
});

const fails = test.macro({
	async exec(t, yaml: string, code: string, message: RegExp) {
		const folder = projectFolder(t, { 'build.yml': `image: x\n${yaml}\n`, motd: 'hello' });
		const store = openImageStore(scratchFolder(t));
		const recipe = await loadRecipe(folder);
		await t.throwsAsync(buildPackage(recipe, store, await madeUpSource(t, tools)), { code, message });
		t.is(await store.find('slipway/x:v1'), null);
		t.deepEqual(
			readdirSync(store.folder).filter((name) => name.startsWith('.')),
			[],
		);
	},
	title: (what) => `buildPackage() refuses ${what}`,
});

const take = (line: string): string => `debian: [{ package: tools, take: ["${line}"] }]`;

test(
	'a path that is not in the package',
	fails,
	take('/usr/bin/pong'),
	'BAD_RECIPE',
	/tools has nothing that matches \/usr\/bin\/pong.*dpkg-deb --contents/,
);
test(
	'a glob that matches nothing',
	fails,
	take('/usr/*/pong*'),
	'BAD_RECIPE',
	/nothing that matches \/usr\/\*\/pong\*/,
);
test(
	'a glob under one other name',
	fails,
	take('/usr/bin/ping*:/bin/ping'),
	'BAD_RECIPE',
	/nothing that matches \/usr\/bin\/ping\*/,
);
test('a prefix of the name of a directory', fails, take('/var/spo'), 'BAD_RECIPE', /\/var\/spo\./);
test(
	'a package that apt does not know',
	fails,
	'debian: [{ package: tolls, take: [/a] }]',
	'BAD_RECIPE',
	/build\.yml:2:21: apt has no package tolls\.\n/,
);
test(
	'a kernel that apt does not know',
	fails,
	'kernel: { package: linux-image-x, modules: [] }',
	'BAD_RECIPE',
	/no package linux-image-x\./,
);
test(
	'a copy of a missing file',
	fails,
	'copy: [{ from: mtod, to: / }]',
	'BAD_RECIPE',
	/build\.yml:2:16: mtod does not exist\. The path is relative/,
);
test(
	'to take from outside of the package',
	fails,
	take('/../etc/passwd'),
	'BAD_RECIPE',
	/nothing that matches \/\.\.\/etc\/passwd/,
);
test(
	'to take to outside of the image',
	fails,
	take('/usr/bin/ping:../x'),
	'BAD_IMAGE',
	/build\.yml has the path "\.\.\/x"/,
);
test(
	'to copy to outside of the image',
	fails,
	'copy: [{ from: motd, to: a/../../x }]',
	'BAD_IMAGE',
	/build\.yml has the path "a\/\.\.\/\.\.\/x"/,
);
test(
	'a file in the place of the root',
	fails,
	'copy: [{ from: motd, to: / }]',
	'BAD_RECIPE',
	/build\.yml puts a file on "\/"/,
);
test(
	'a packaged file in the place of the root',
	fails,
	take('/usr/bin/ping:/'),
	'BAD_RECIPE',
	/build\.yml puts a file on "\/"/,
);
test(
	'a path below a file',
	fails,
	`${take('/usr/bin/ping')}\nfiles: [{ path: usr/bin/ping/x, contents: "" }]`,
	'BAD_RECIPE',
	/build\.yml puts usr\/bin\/ping\/x into usr\/bin\/ping, which is a file/,
);
test(
	'a file in the place of a directory with files',
	fails,
	`${take('/usr/bin/ping')}\ncopy: [{ from: motd, to: usr/bin }]`,
	'BAD_RECIPE',
	/build\.yml puts usr\/bin\/ping into usr\/bin, which is a file/,
);

test('buildPackage() reports a layer that fails before the store reads it', async (t) => {
	const yaml = 'image: x\nfiles: [{ path: a, contents: "" }, { path: a/b, contents: "" }]\n';
	const store = openImageStore(scratchFolder(t));
	const late: ImageStore = {
		...store,
		async writeBlob(content, mediaType) {
			await new Promise((resolve) => (content as Readable).once('close', resolve));
			return await store.writeBlob(content, mediaType);
		},
	};
	const recipe = await loadRecipe(projectFolder(t, { 'build.yml': yaml }));
	await t.throwsAsync(buildPackage(recipe, late, await madeUpSource(t)), { code: 'BAD_RECIPE' });
});

test('buildPackage() labels an image with its container settings and its Debian packages', async (t) => {
	const source = await madeUpSource(t, tools, { name: 'other', members: [{ name: 'o', body: '' }] });
	const yaml = `config: { capabilities: [CAP_KILL], binds: ["/run:/run"], net: host, readonly: true, rootfsPropagation: shared }
debian: [{ package: tools, take: [/usr] }, { package: other, take: [/o] }]
command: [/usr/bin/ping, "-c", "1"]
env: [A=b]
workdir: /srv
`;
	const { store, labels } = await buildImage(t, yaml, source);
	t.deepEqual(JSON.parse(labels['org.mobyproject.config'] ?? ''), {
		capabilities: ['CAP_KILL'],
		binds: ['/run:/run'],
		net: 'host',
		readonly: true,
		rootfsPropagation: 'shared',
	});
	const known = await source.candidates(['other', 'tools']);
	t.deepEqual(
		JSON.parse(labels['org.slipway.debian'] ?? ''),
		['other', 'tools'].map((name, index) => ({
			name,
			version: '1.0',
			architecture: 'all',
			sha256: known.get(name)?.sha256,
			bytes: [0, 12][index],
		})),
	);
	t.like((await store.find('slipway/x:v1'))?.config.config, {
		Cmd: ['/usr/bin/ping', '-c', '1'],
		Env: ['A=b'],
		WorkingDir: '/srv',
	});
});

test('buildPackage() gives an applet a placeholder, a label, and mounts for builders without the label', async (t) => {
	const yaml = 'applets: [usr/bin/sysctl, /sbin/swap.sh]\nconfig: { binds: ["/run:/run"] }\n';
	const { listing, labels } = await buildImage(t, yaml, await madeUpSource(t));
	t.deepEqual(
		listing.filter((line) => line.startsWith('-')).map((line) => line.replace(/ \d+ /, ' ')),
		['-rw-r--r-- 0/0 sbin/swap.sh', '-rw-r--r-- 0/0 usr/bin/sysctl'],
	);
	t.true(listing.some((line) => line.endsWith('lib/slipway/')));
	t.is(labels['org.slipway.applets'], '["/usr/bin/sysctl","/sbin/swap.sh"]');
	const settings = JSON.parse(labels['org.mobyproject.config'] ?? '') as ContainerSettings;
	t.deepEqual(settings.binds, ['/run:/run']);
	t.deepEqual(
		settings.mounts?.map(({ source, destination }) => `${source} on ${destination}`),
		['/lib/slipway on /lib/slipway', '/init on /usr/bin/sysctl', '/init on /sbin/swap.sh'],
	);
});

test('buildPackage() gives an image without settings a PATH and no label of settings', async (t) => {
	const { store, labels } = await buildImage(t, 'files: [{ path: a, contents: "" }]', await madeUpSource(t));
	t.deepEqual(Object.keys(labels), ['org.slipway.debian', 'org.slipway.inputs']);
	t.is(labels['org.slipway.debian'], '[]');
	const { Env, Cmd } = (await store.find('slipway/x:v1'))?.config.config ?? {};
	t.regex(Env?.[0] ?? '', /^PATH=.*:\/usr\/bin:/);
	t.is(Cmd, undefined);
});
