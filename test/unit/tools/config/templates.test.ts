import test from 'ava';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { standardInputName } from '../../../../tools/config/read-sources.ts';
import { resolveTemplates } from '../../../../tools/config/templates.ts';

async function resolved(text: string, name = '/srv/system.yml') {
	const sources = [{ name, text }];
	return await resolveTemplates(loadConfig(sources), sources, async (folder) => {
		if (folder.endsWith('gone')) throw new Error(`${folder} has no build.yml.`);
		return `t/${folder.split('/').at(-1)}:${folder.startsWith('/srv/') ? 'here' : 'there'}`;
	});
}

test('resolveTemplates() replaces @pkg: by names at every image', async (t) => {
	const config = await resolved(`
kernel: {image: "@pkg:kernel"}
init: ["@pkg:./init", plain:v1]
onboot: [{name: a, image: "@pkg:../a"}]
onshutdown: [{name: b, image: "@pkg:/etc/b"}]
services: [{name: c, image: "@pkg:sub/c"}]
volumes: [{name: d, image: "@pkg:d"}, {name: e}]
`);
	t.is(config.kernel?.image, 't/kernel:here');
	t.deepEqual(
		config.init.map(({ image }) => image),
		['t/init:here', 'plain:v1'],
	);
	t.is(config.onboot[0]?.image, 't/a:there');
	t.is(config.onshutdown[0]?.image, 't/b:there');
	t.is(config.services[0]?.image, 't/c:here');
	t.deepEqual(
		config.volumes.map(({ image }) => image),
		['t/d:here', undefined],
	);
});

test('resolveTemplates() reports all failures, each with its position', async (t) => {
	await t.throwsAsync(resolved('init:\n  - "@pkg:gone"\n  - "@pkg:a/gone"\n'), {
		message: [
			'/srv/system.yml:2:5: @pkg:gone: /srv/gone has no build.yml.',
			'    - "@pkg:gone"',
			'      ^',
			'/srv/system.yml:3:5: @pkg:a/gone: /srv/a/gone has no build.yml.',
			'    - "@pkg:a/gone"',
			'      ^',
		].join('\n'),
	});
	await t.throwsAsync(resolved('init: ["@pkg:a"]\n', standardInputName), {
		message: /^<stdin>:1:8: @pkg:a: standard input has no directory/,
	});
});

test('loadConfig() refuses an unknown template and an empty one', async (t) => {
	await t.throwsAsync(resolved('init: ["@img:a"]\n'), {
		message: /"@img:a" is not a template\. Expected @pkg:PATH/,
	});
	await t.throwsAsync(resolved('init: ["@pkg:"]\n'), { message: /needs the directory of a package/ });
});
