// A build prints what labels of images grant, and refuses it where `trust: labels:` does not name the image.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { buildCommand } from '../../../../tools/commands/build.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';

const yaml = `init: [t/init:v1]
services:
  - name: quiet
    image: t/quiet:v1
    capabilities: [CAP_CHOWN]
    apparmor: default
  - name: greedy
    image: t/greedy:v1
  - name: said
    image: t/greedy:v1
    capabilities: []
    binds: []
    pid: new
`;

const label = { capabilities: ['all'], pid: 'host', binds: ['/run:/run'], net: 'host' };

async function build(t: ExecutionContext, text: string, ...more: readonly string[]) {
	const folder = scratchFolder(t);
	const [store, out, file] = [join(folder, 'store'), join(folder, 'out'), join(folder, 'system.yml')];
	mkdirSync(out);
	writeFileSync(file, text);
	const images = openImageStore(store);
	const program = { name: 'app', body: 'app', mode: 0o755 };
	await putTestImage(images, 't/init:v1', [program]);
	await putTestImage(images, 't/quiet:v1', [program]);
	await putTestImage(images, 't/greedy:v1', [program], {
		Labels: { 'org.mobyproject.config': JSON.stringify(label) },
	});
	const options = ['--offline', '--cache', store, '--dir', out, '--format', 'tar'];
	const built = await runCommand(buildCommand, ...options, ...more, file);
	return { ...built, isWritten: existsSync(join(out, 'system.tar')) };
}

test("slipway build says which image's label grants root's power", async (t) => {
	const { err, exitCode, isWritten } = await build(t, yaml);
	t.is(exitCode, 0, err);
	t.true(isWritten);
	t.deepEqual(
		err.split('\n').filter((line) => line.startsWith('services/')),
		[
			"services/greedy: the label of t/greedy:v1 grants it root's power over the system: all capabilities; a bind of /run.",
		],
	);
	t.regex(err, /See --explain-privileges/);
});

test('slipway build --explain-privileges lists what each container is granted, and by whom', async (t) => {
	const { err } = await build(t, yaml, '--explain-privileges');
	const lines = err.split('\n');
	const start = lines.indexOf('services/quiet (t/quiet:v1)');
	t.deepEqual(lines.slice(start, start + 9), [
		'services/quiet (t/quiet:v1)',
		'  by the YAML:  CAP_CHOWN',
		"  confined by AppArmor's profile slipway-default",
		'services/greedy (t/greedy:v1)',
		"  by the label: all capabilities (root's power)",
		"  by the label: the system's processes (pid: host)",
		"  by the label: a bind of /run (root's power)",
		'services/said (t/greedy:v1)',
		'  the defaults only',
	]);
});

test('trust: labels: refuses the privileges of other labels, and names them with their place', async (t) => {
	const error = await t.throwsAsync(build(t, `${yaml}trust: { labels: [t/quiet, other] }\n`), {
		code: 'UNTRUSTED_LABEL',
		message:
			/system\.yml:7:5: services\/greedy: the label of t\/greedy:v1 grants all capabilities; the system's/,
	});
	t.notRegex(error.message, /services\/said/);
	t.regex(error.message, /Write what the container may do into the YAML/);
});

test('slipway build says which names of trust: match no image', async (t) => {
	const { err, exitCode } = await build(t, `${yaml}trust: { labels: [t, t/gredy], org: [docker.io/x] }\n`);
	t.is(exitCode, 0, err);
	t.regex(err, /^"trust" at .*system\.yml:14:8: no image .* "org: docker\.io\/x", "labels: t\/gredy"\.$/m);
});

for (const name of ['t', 't/greedy', 't/greedy:v1', 'docker.io/t', 'docker.io']) {
	test(`trust: labels: [${name}] accepts the label of t/greedy:v1, without a word`, async (t) => {
		const { exitCode, err } = await build(t, `${yaml}trust: { labels: [${name}] }\n`);
		t.is(exitCode, 0, err);
		t.notRegex(err, /grants/);
	});
}
