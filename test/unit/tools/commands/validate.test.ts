import { writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import test from 'ava';
import { schemaCommand } from '../../../../tools/commands/schema.ts';
import { validateCommand } from '../../../../tools/commands/validate.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';

test('slipway validate prints that a file is valid', async (t) => {
	const { out, exitCode } = await runCommand(validateCommand, 'examples/redis-os.yml');
	t.deepEqual({ out, exitCode }, { out: 'examples/redis-os.yml: valid\n', exitCode: 0 });
});

test('slipway validate prints all problems of all files', async (t) => {
	const folder = scratchFolder(t);
	const [a, b] = [join(folder, 'a.yml'), join(folder, 'b.yml')];
	writeFileSync(a, 'services:\n  - {name: x, image: i, redonly: true}\n');
	writeFileSync(b, 'onboot: 7\n');
	const error = await t.throwsAsync(runCommand(validateCommand, a, b), { code: 'BAD_CONFIG' });
	t.true(error.message.includes(`${a}:2:25: Unknown key "redonly" in services. Did you mean "readonly"?`));
	t.true(error.message.includes(`${b}:1:9: onboot: expected a list, found 7.`));

	const json = await runCommand(validateCommand, '--json', a, b);
	t.is(json.exitCode, 1);
	t.like(JSON.parse(json.out), {
		valid: false,
		problems: [
			{
				file: a,
				line: 2,
				column: 25,
				message: 'Unknown key "redonly" in services. Did you mean "readonly"?',
			},
			{ file: b, line: 1, column: 9 },
		],
	});
});

test('slipway validate --json of a valid file', async (t) => {
	const { out, exitCode } = await runCommand(validateCommand, '--json', 'examples/redis-os.yml');
	t.deepEqual({ out, exitCode }, { out: '{"valid":true,"problems":[]}\n', exitCode: 0 });
});

test('slipway validate and schema: wrong usage', async (t) => {
	await t.throwsAsync(runCommand(validateCommand), { name: 'UsageError', message: /needs a YAML file/ });
	await t.throwsAsync(runCommand(schemaCommand, 'x'), { name: 'UsageError' });
	await t.throwsAsync(runCommand(validateCommand, 'nowhere.yml'), { message: /no such file/ });
});

test('slipway schema prints a JSON Schema with every section', async (t) => {
	const schema = JSON.parse((await runCommand(schemaCommand)).out);
	t.is(schema.$schema, 'http://json-schema.org/draft-07/schema#');
	t.deepEqual(Object.keys(schema.properties).slice(0, 4), ['kernel', 'init', 'onboot', 'onshutdown']);
});

test('slipway validate --images prints warnings and succeeds, and lists errors with their checks', async (t) => {
	const folder = scratchFolder(t);
	const store = openImageStore(join(folder, 'store'));
	await putTestImage(store, 't/app:v1', [{ name: 'app', mode: 0o755, body: 'no program' }]);
	const file = join(folder, 'a.yml');
	const validate = async (...more: readonly string[]) =>
		await runCommand(validateCommand, '--images', '--cache', store.folder, ...more, file);

	writeFileSync(file, 'services:\n  - name: a\n    image: t/app:v1\n');
	const warned = await validate();
	t.is(warned.exitCode, 0);
	t.is(
		warned.err,
		`${file}:3:12: warning: a: /app is neither an ELF program nor a script that begins with "#!". The kernel does not start ` +
			'it. (--accept program-format silences this.)\n      image: t/app:v1\n             ^\n',
	);
	t.is((await validate('--accept', 'program-format')).err, '');

	writeFileSync(file, 'services:\n  - name: a\n    image: t/app:v1\n    command: [/ap]\n');
	const error = await t.throwsAsync(validate(), { code: 'BAD_CONFIG' });
	t.is(
		error.message,
		`${file}:4:15: a: the image has no file /ap. Did you mean "/app"? (--accept command silences this.)\n` +
			'      command: [/ap]\n                ^',
	);
	const { out, exitCode } = await validate('--json');
	t.is(exitCode, 1);
	const message = 'a: the image has no file /ap. Did you mean "/app"?';
	t.deepEqual(JSON.parse(out), {
		valid: false,
		problems: [{ file, line: 4, column: 15, message, check: 'command', severity: 'error' }],
	});
});

test('slipway validate --images shows the images that the store lacks, and the nearest that it has', async (t) => {
	const folder = scratchFolder(t);
	const cache = join(folder, 'store');
	await putTestImage(openImageStore(cache), 'slipway/nginx:v1', [{ name: 'a', body: 'a' }]);
	for (const [trial, name] of [
		['46-noimg', 'slipway/ngnix:v1'],
		['47-imgtag', 'slipway/nginx:v2'],
		['48-imgnotag', 'slipway/nginx'],
	]) {
		const file = `test/unit/tools/config/trials/${trial}.yml`;
		const run = runCommand(validateCommand, '--images', '--offline', '--cache', cache, file);
		const error = await t.throwsAsync(run, { code: 'NO_IMAGE' });
		const expected =
			`${file}:10:12: the image ${name} is not in the store. Did you mean slipway/nginx:v1?\n` +
			`      image: ${name}\n             ^\n`;
		t.true(error.message.includes(expected), error.message);
	}
});

test('slipway validate names sources of files that are not there', async (t) => {
	const folder = scratchFolder(t);
	const file = join(folder, 'a.yml');
	writeFileSync(join(folder, 'beside.txt'), 'x');
	writeFileSync(
		file,
		`files:
  - {path: a, source: /nowhere/x}
  - {path: b, source: /nowhere/x, optional: true}
  - {path: c, source: beside.txt}
  - {path: d, source: ${folder}}
  - {path: e, source: ${folder}/beside.txt}
  - {path: f, source: ~/nowhere/of/mine}
`,
	);
	const { out } = await runCommand(validateCommand, '--json', file);
	const { problems } = JSON.parse(out) as { problems: { line: number; column: number; message: string }[] };
	t.deepEqual(
		problems.map(({ line, column, message }) => `${line}:${column}: ${message}`),
		[
			'2:23: source: there is no file /nowhere/x. Write "optional: true" if it may be absent.',
			`4:23: source: there is no file ${resolve('beside.txt')}. A relative path begins at the working directory. ` +
				`Did you mean "${relative('', join(folder, 'beside.txt'))}"?`,
			`5:23: source: ${folder} is a directory, not a file.`,
		],
	);
});

test('slipway validate --images sees what a build of this person refuses: a missing key, and outputs', async (t) => {
	const folder = scratchFolder(t);
	const store = openImageStore(join(folder, 'store'));
	await putTestImage(store, 't/app:v1', [{ name: 'app', mode: 0o755, body: '#!/app\n' }]);
	const file = join(folder, 'a.yml');
	const service = 'services:\n  - name: a\n    image: t/app:v1\n';
	const validate = async () => await runCommand(validateCommand, '--images', '--cache', store.folder, file);

	writeFileSync(file, `${service}files:\n  - {path: a, source: ~/nowhere/key.pub}\n`);
	await t.throwsAsync(validate(), {
		code: 'BAD_CONFIG',
		message:
			/:5:23: source: there is no file ~\/nowhere\/key\.pub\. Write "optional: true" if it may be absent\./,
	});

	writeFileSync(file, `${service}outputs: [{format: rpi3}]\n`);
	await t.throwsAsync(validate(), { code: 'BAD_CONFIG', message: /^outputs: rpi3: slipway does not build/ });
	writeFileSync(file, `${service}outputs: [{format: rpi3}, {format: tar}]\n`);
	t.regex((await validate()).err, /outputs: slipway does not build the format rpi3; it is left out\./);
});
