import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { readVariables, substitute } from '../../../../tools/config/variables.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const variables = new Map([
	['PORT', '6379'],
	['EMPTY', ''],
	['NESTED', '${PORT}'],
]);

const good: Readonly<Record<string, string>> = {
	'on ${PORT}, ${PORT}': 'on 6379, 6379',
	'${PORT:-1}': '6379',
	'${GONE:-a:b c}': 'a:b c',
	'${EMPTY:-full}': 'full',
	'<${EMPTY}>': '<>',
	'${GONE:-}': '',
	'$${PORT} $PORT $$ ${PORT}': '${PORT} $PORT $$ 6379',
	'${NESTED}': '${PORT}',
};

for (const [text, wanted] of Object.entries(good)) {
	test(`substitute() of ${text}`, (t) => {
		t.deepEqual(substitute(text, variables), { text: wanted, problems: [] });
	});
}

const bad: Readonly<Record<string, RegExp>> = {
	'${GONE}':
		/^The variable GONE is not set\. Give it by --var GONE=VALUE .* \$\$\{GONE\} means \$\{GONE\} itself\.$/,
	'${x%.*}': /^"\$\{x%\.\*\}" is not a variable\. Expected \$\{NAME\}/,
	'${PORT': /^"\$\{PORT" is not a variable/,
	'${}': /is not a variable/,
};

for (const [text, problem] of Object.entries(bad)) {
	test(`substitute() refuses ${text}`, (t) => {
		t.regex(substitute(text, variables).problems[0] ?? '', problem);
	});
}

test('readVariables(): --var takes precedence over files, a later file over an earlier one', async (t) => {
	const folder = scratchFolder(t);
	const [one, two] = [join(folder, 'one.env'), join(folder, 'two.env')];
	writeFileSync(one, '# a comment\n\nA=1\nB="quotes stay"\r\nC=x=y\n  D=4\nHOME\nSLIPWAY_NO_SUCH\n');
	writeFileSync(two, 'A=2\n');
	t.deepEqual(
		await readVariables(['D=5', 'E='], [one, two]),
		new Map([
			['A', '2'],
			['B', '"quotes stay"'],
			['C', 'x=y'],
			['D', '5'],
			['HOME', process.env['HOME'] ?? ''],
			['E', ''],
		]),
	);
	await t.throwsAsync(readVariables(['A'], []), {
		name: 'UsageError',
		message: /--var A: expected NAME=VALUE/,
	});
	await t.throwsAsync(readVariables([], [join(folder, 'no.env')]), {
		message: /--env-file .*no\.env: there is no such file\./,
	});
	writeFileSync(two, 'A=1\n7=x\n');
	await t.throwsAsync(readVariables([], [two]), { message: /two\.env:2:1: expected NAME=VALUE/ });
});

const yaml = `
services:
  - name: a
    image: redis:\${TAG:-7}
    uid: \${USER_ID}
    env: ["X=\${PORT}"]
    readonly: \${RO}
files:
  - {path: etc/x, template: true, contents: "\${PORT}: [", mode: "\${MODE}"}
`;

test('loadConfig() gives a value the type of its text after substitution', (t) => {
	const set = new Map([...variables, ['USER_ID', '12'], ['RO', 'true'], ['MODE', '0600']]);
	const config = loadConfig([{ name: 'a.yml', text: yaml }], set);
	t.like(config.services[0], { image: 'redis:7', uid: 12, env: ['X=6379'], readonly: true });
	t.like(config.files[0], { contents: '6379: [', mode: '0600' });
});

test('a variable cannot become more than one value', (t) => {
	const set = new Map([...variables, ['USER_ID', '0'], ['RO', 'true\n    pid: host'], ['MODE', '0600']]);
	t.throws(() => loadConfig([{ name: 'a.yml', text: yaml }], set), {
		message: /readonly: expected true or false/,
	});
});

test('loadConfig() takes an escaped dollar sign in double quotes for no variable', (t) => {
	const env = [
		'"A=\\u0024{PORT}"',
		'"A=\\x24{PORT} ${PORT} $\\U00000024{PORT}"',
		'"A=\\\\x24{PORT}"',
		"'A=\\u0024{PORT}'",
		'"A=\\u0024PORT\n  \\u0024{"',
	];
	const text = `services: [{name: a, image: i, env: [${env.join(', ')}]}]\n`;
	const { services } = loadConfig([{ name: 'a.yml', text }], variables);
	t.deepEqual(services[0]?.env, [
		'A=${PORT}',
		'A=${PORT} 6379 $${PORT}',
		'A=\\x24{PORT}',
		'A=\\u0024{PORT}',
		'A=$PORT ${',
	]);
});

test('loadConfig() reports every unset variable with its position', (t) => {
	const { message } = t.throws(() => loadConfig([{ name: 'a.yml', text: yaml }]));
	for (const place of ['a.yml:5:10', 'a.yml:6:11', 'a.yml:7:15', 'a.yml:9:45']) {
		t.true(message.includes(`${place}: The variable `), `${place} in ${message}`);
	}
});

test('loadConfig() refuses a fraction as a user, literal or from a variable', (t) => {
	const text =
		'services:\n- {name: a, image: i, uid: "${UID_TEXT}"}\n- name: b\n  image: i\n  uid: ${USER_ID}\n';
	const given = (id: string) =>
		loadConfig(
			[{ name: 'a.yml', text }],
			new Map([
				['UID_TEXT', 'a'],
				['USER_ID', id],
			]),
		);
	t.is(given('7').services[1]?.uid, 7);
	t.throws(() => given('7.0'), { message: /uid: expected a number or the name of a container, found 7\.0/ });
});

const script = 'echo "${RC_SVCNAME}" ${1%.*} ${PORT:-8080} $${x}';
const block = script.replaceAll('"', '\\"');

test('loadConfig() leaves the contents of files and shell scripts as they are', (t) => {
	const { files, services } = loaded(`
files:
  - { path: etc/run.sh, contents: "${block}" }
services:
  - name: a
    image: t:1
    command: [sh, -ec, "${block}", "\${PORT}"]
    health: { exec: [sh, -c, "${block}"] }
`);
	t.is(files[0]?.contents, script);
	t.deepEqual(services[0]?.command, ['sh', '-ec', script, '6379']);
	t.deepEqual(services[0]?.health, { exec: ['sh', '-c', script] });
});

test('loadConfig() puts variables into contents with template: true, and elsewhere', (t) => {
	const { files } = loaded(
		'files: [{ path: "etc/${PORT}", template: true, contents: "port ${PORT} $${HOME}" }, { path: b, source: "${PORT}" }]',
	);
	t.like(files[0], { path: 'etc/6379', contents: 'port 6379 ${HOME}' });
	t.false(Object.hasOwn(files[0] ?? {}, 'template'));
	t.is(files[1]?.source, '6379');
});

function loaded(text: string) {
	return loadConfig([{ name: 'a.yml', text }], variables);
}
