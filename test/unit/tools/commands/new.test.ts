import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import {
	newCommand,
	type Starter,
	starterSource,
	starters,
	starterText,
} from '../../../../tools/commands/new.ts';
import { validateCommand } from '../../../../tools/commands/validate.ts';
import { loadRecipe, recipeReference } from '../../../../tools/package/recipe.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

for (const from of Object.keys(starters) as Starter[]) {
	test(`slipway new --from ${from} writes a valid file that names its own commands`, async (t) => {
		const file = join(scratchFolder(t), 'box.yml');
		const { out, err } = await runCommand(newCommand, '--from', from, file);
		t.is(out, `${file}\n`);
		const options = from === 'docker' ? '--memory 2048 --disk size=2G ' : '';
		t.true(err.endsWith(`Next: slipway up ${options}${file}\n`), err);
		const text = readFileSync(file, 'utf8');
		t.true(text.includes(`#   slipway build ${file}\n`));
		t.regex(text, /^# {3}slipway run .*\bbox$/m);
		t.notRegex(text, /examples\/|\bmake\b/);
		t.is((await runCommand(validateCommand, file)).exitCode, 0);
	});
}

for (const [language, program] of [
	['node', 'main.js'],
	['python', 'main.py'],
] as const) {
	test(`slipway new --from ${language} writes a valid system and a recipe that can be read`, async (t) => {
		const folder = join(scratchFolder(t), 'hello');
		const file = `${folder}.yml`;
		const { out, err } = await runCommand(newCommand, '--from', language, file);
		t.is(err, `Next: slipway pkg build ${folder} && slipway up ${file}\n`);
		t.is(out, `${folder}/build.yml\n${folder}/app/${program}\n${file}\n`);
		t.is((await runCommand(validateCommand, file)).exitCode, 0);
		const store = join(scratchFolder(t), 'store');
		const missing = runCommand(validateCommand, '--images', '--offline', '--cache', store, file);
		const { message } = await t.throwsAsync(missing, { code: 'NO_IMAGE' });
		t.true(
			message.includes(`\nIts recipe is here, build it first: slipway pkg build ${folder}\nBuild it with`),
			message,
		);
		const recipe = await loadRecipe(folder);
		t.is(recipeReference(recipe), 'slipway/hello:v1');
		t.regex(readFileSync(file, 'utf8'), /image: slipway\/hello:v1/);
		t.true(readFileSync(file, 'utf8').includes(`#   slipway pkg build ${folder}\n`));
		// Nothing is written when one of the files is there.
		rmSync(file);
		await t.throwsAsync(runCommand(newCommand, '--from', language, file), { message: /build\.yml exists/ });
		t.false(existsSync(file));
	});
}

test('slipway new makes a web server when nothing else is said', async (t) => {
	const file = join(scratchFolder(t), 'web.yaml');
	t.is((await runCommand(newCommand, file)).out, `${file}\n`);
	t.regex(readFileSync(file, 'utf8'), /image: slipway\/nginx:v1/);
});

test('slipway new --json prints the files as an array', async (t) => {
	const folder = join(scratchFolder(t), 'hello');
	const { out, err } = await runCommand(newCommand, '--json', '--from', 'node', folder);
	t.is(err, '');
	t.deepEqual(JSON.parse(out), [`${folder}/build.yml`, `${folder}/app/main.js`, `${folder}.yml`]);
});

test('slipway new replaces a file only by --force', async (t) => {
	const file = join(scratchFolder(t), 'web.yml');
	writeFileSync(file, 'mine');
	await t.throwsAsync(runCommand(newCommand, file), { message: /web\.yml exists\. .*--force/ });
	t.is(readFileSync(file, 'utf8'), 'mine');
	await runCommand(newCommand, '--force', file);
	t.regex(readFileSync(file, 'utf8'), /^# A web server/);
});

test('slipway new: wrong usage', async (t) => {
	await t.throwsAsync(runCommand(newCommand), { message: /needs a NAME/ });
	await t.throwsAsync(runCommand(newCommand, 'a', 'b'), { message: /b is too much/ });
	await t.throwsAsync(runCommand(newCommand, '.hidden'), { message: /The name "\.hidden" must consist/ });
	await t.throwsAsync(runCommand(newCommand, '--from', 'ngin', 'a'), { message: /nginx/ });
	await t.throwsAsync(runCommand(newCommand, '--from', 'node', 'Hello'), { message: /lower-case/ });
});

test('starterText() changes the name and the key, and nothing else', (t) => {
	const changed = (from: Starter) => {
		const example = starterSource(from).split('\n');
		const written = starterText(from, example.join('\n'), {
			path: 'd/a.yml',
			name: 'a',
			publicKey: 'id_rsa.pub',
		});
		return written.split('\n').filter((line, index) => line !== example[index]);
	};
	t.deepEqual(changed('sshd'), [
		'#   slipway build d/a.yml',
		'#   slipway run --publish 2222:22 a',
		'    source: ~/.ssh/id_rsa.pub',
	]);
	t.deepEqual(changed('redis'), ['#   slipway build d/a.yml', '#   slipway run --publish 6379:6379 a']);
});
