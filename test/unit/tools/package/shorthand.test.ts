// `base` and `busybox` of a recipe, and `join` of a Debian package.

import { join } from 'node:path';
import test from 'ava';
import { loadRecipe } from '../../../../tools/package/recipe.ts';
import { buildImage, madeUpSource, projectFolder } from './made-up-debian.ts';

const shell = `
image: shell
tag: v7
config: { pid: host, net: host, binds: ["/run:/run"] }
command: [/bin/sh]
env: [A=1]
busybox: [sh, "["]
copy: [{ from: root, to: / }]
files: [{ path: etc/motd, contents: shell }]
`;

test('loadRecipe() appends own entries to those of the base', async (t) => {
	const own = 'image: login\nbase: ../shell\nbusybox: [login]\ncommand: [/bin/login]\n';
	const config = 'config: { net: new, binds.add: ["/keys:/keys"] }\ncopy: [{ from: own, to: /etc }]\n';
	const folder = projectFolder(t, { 'shell/build.yml': shell, 'login/build.yml': own + config });
	const recipe = await loadRecipe(join(folder, 'login'));
	const busybox = { package: 'busybox-static', take: ['/bin/busybox'] };
	t.deepEqual(recipe, {
		folder: join(folder, 'login'),
		text: `${shell}\n${own}${config}`,
		org: 'slipway',
		image: 'login',
		tag: 'v1',
		config: { pid: 'host', net: 'new', binds: ['/run:/run', '/keys:/keys'] },
		command: ['/bin/login'],
		env: ['A=1'],
		debian: [busybox, busybox],
		copy: [
			{ from: '../shell/root', to: '/' },
			{ from: 'own', to: '/etc' },
		],
		directories: [],
		links: ['sh', '[', 'login'].map((name) => ({ path: `bin/${name}`, target: 'busybox' })),
		files: [{ path: 'etc/motd', contents: 'shell' }],
		applets: [],
	});
});

test('loadRecipe() adds modules to those of the base, for another kernel too', async (t) => {
	const folder = projectFolder(t, {
		'small/build.yml': 'image: small\nkernel: { package: linux-cloud, modules: [overlay] }\n',
		'large/build.yml': 'image: large\nbase: ../small\nkernel: { package: linux-full, modules: [vxlan] }\n',
		'same/build.yml': 'image: same\nbase: ../small\n',
	});
	const kernel = async (name: string) => (await loadRecipe(join(folder, name))).kernel;
	t.deepEqual(await kernel('large'), { package: 'linux-full', modules: ['overlay', 'vxlan'] });
	t.deepEqual(await kernel('same'), { package: 'linux-cloud', modules: ['overlay'] });
});

test('loadRecipe() refuses a recipe that is its own base', async (t) => {
	const folder = projectFolder(t, {
		'a/build.yml': 'image: a\nbase: ../b\n',
		'b/build.yml': 'image: b\nbase: ../a/\n',
	});
	await t.throwsAsync(loadRecipe(join(folder, 'a')), {
		code: 'BAD_RECIPE',
		message: /b\/build\.yml: the base \.\.\/a\/ is based on this recipe itself\.$/,
	});
});

test('loadRecipe() refuses a name of busybox that leads out of /bin', async (t) => {
	const folder = projectFolder(t, { 'build.yml': 'image: x\nbusybox: [../sh]\n' });
	await t.throwsAsync(loadRecipe(folder), { message: /:2:11: .*is not the name of a program of busybox/ });
});

const texts = {
	name: 'texts',
	members: [
		{ name: 'usr/share/b.txt', body: 'two' },
		{ name: 'usr/share/a.txt', body: 'one\n' },
		{ name: 'usr/share/c.md', body: 'three\n' },
	],
};

test('buildPackage() joins the files of a glob in the order of their paths', async (t) => {
	const yaml = 'debian: [{ package: texts, take: [], join: [{ from: /usr/share/*.txt, to: etc/all }] }]';
	const image = await buildImage(t, yaml, await madeUpSource(t, texts));
	t.is(await image.read('etc/all'), 'one\ntwo\n');
	t.deepEqual(image.listing, ['drwxr-xr-x 0/0 0 etc/', '-rw-r--r-- 0/0 8 etc/all']);
	t.regex(image.labels['org.slipway.debian'] ?? '', /"name":"texts"/);
});

test('buildPackage() refuses to join nothing', async (t) => {
	const yaml = 'debian: [{ package: texts, take: [], join: [{ from: /usr/share/*.crt, to: etc/all }] }]';
	await t.throwsAsync(buildImage(t, yaml, await madeUpSource(t, texts)), { code: 'BAD_RECIPE' });
});
