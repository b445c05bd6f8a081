import test from 'ava';
import { commands, main } from '../../../../tools/cli.ts';
import { commandGroups } from '../../../../tools/command-groups.ts';
import { runCommand } from '../../../helpers/command.ts';

const cli = { run: main };

test('slipway --version and version print the version', async (t) => {
	for (const word of ['--version', 'version']) {
		t.deepEqual(await runCommand(cli, word), { exitCode: 0, out: 'slipway development\n', err: '' });
	}
});

test('slipway without a command, or with an unknown one, lists the commands', async (t) => {
	const none = await runCommand(cli);
	t.is(none.exitCode, 2);
	t.is(none.out, '');
	t.is(none.err, (await runCommand(cli, '--help')).out);
	t.regex(none.err, /^To start: slipway new web; slipway up web\.yml; slipway stop$/m);
	const unknown = await runCommand(cli, 'frobnicate');
	t.is(unknown.exitCode, 2);
	t.regex(unknown.err, /^slipway: Unknown command "frobnicate": "slipway help" lists all\.$/m);
});

test('slipway names the command, or the option, that is nearest to an unknown one', async (t) => {
	const cases: readonly [words: string, message: string][] = [
		['buidl a.yml', 'Unknown command "buidl": did you mean "build"?\nSee: slipway --help'],
		['cahce ls', 'Unknown command "cahce": did you mean "cache"?\nSee: slipway --help'],
		[
			'cache prunne',
			'Unknown command "cache prunne": did you mean "cache prune"?\nSee: slipway cache --help',
		],
		['prune', 'Unknown command "prune": did you mean "cache prune"?\nSee: slipway --help'],
		[
			'run --untilready x',
			'Unknown option --untilready: did you mean --until-ready?\nSee: slipway run --help',
		],
		['cache ls --jsn', 'Unknown option --jsn: did you mean --json?\nSee: slipway cache ls --help'],
		['images', 'Unknown command "images": did you mean "cache ls"?\nSee: slipway --help'],
		['compose up', 'Unknown command "compose": did you mean "up"?\nSee: slipway --help'],
		['shell web', 'Unknown command "shell": did you mean "exec"?\nSee: slipway --help'],
		['help rnu', 'Unknown command "rnu": did you mean "run"?\nSee: slipway --help'],
		['-V', 'Unknown option -V: did you mean --version?\nSee: slipway --help'],
		['pkg show-tag', 'Unknown command "pkg show-tag": did you mean "pkg ls"?\nSee: slipway pkg --help'],
		[
			'--cache=a ls',
			'Unknown option --cache: options follow the command, for example "slipway build --cache DIR FILE.yml".\nSee: slipway --help',
		],
		[
			'build -docker a.yml',
			'-docker: slipway asks no Docker for images. Import one: docker save IMAGE | slipway cache import -\nSee: slipway build --help',
		],
		['--verison', 'Unknown option --verison: did you mean --version?\nSee: slipway --help'],
		['dev --help=x', 'The option --help stands alone, without a value.\nSee: slipway dev --help'],
		[
			'run --format iso a',
			'Unknown option --format. It is an option of "slipway build" and "slipway cache export".\nSee: slipway run --help',
		],
		[
			'new web/',
			'The name "web/" must consist of letters, digits, "_", "-" and ".", and begin with a letter or a digit.\nSee: slipway new --help',
		],
		[
			'test --json r.json a.yml',
			'--json r.json: --json takes its value after "=". Write --json=r.json\nSee: slipway test --help',
		],
		[
			'test --junit /nowhere/r.xml a.yml',
			"--junit /nowhere/r.xml: the file can't be written: no such file or directory. Name another.\nSee: slipway test --help",
		],
		[
			'serve --tftp :6969 a',
			'--tftp :6969: --tftp takes its value after "=". Write --tftp=:6969\nSee: slipway serve --help',
		],
		[
			'console --system web',
			'--system: write the NAME alone: this command is about machines.\nSee: slipway console --help',
		],
		['run ', 'run needs the NAME of a built system, for example redis-os.\nSee: slipway run --help'],
		['schema -x', 'Unknown option -x.\nSee: slipway schema --help'],
	];
	for (const [words, message] of cases) {
		const { exitCode, out, err } = await runCommand(cli, ...words.split(' '));
		t.deepEqual({ exitCode, out, err }, { exitCode: 2, out: '', err: `slipway: ${message}\n` });
	}
});

test('slipway build asks for a YAML file when the name is an empty text', async (t) => {
	const { exitCode, err } = await runCommand(cli, 'build', '');
	t.is(exitCode, 2);
	t.regex(err, /^slipway: build needs a YAML file/);
});

test('slipway --help lists all commands, slipway cache --help those of the family', async (t) => {
	const all = await runCommand(cli, '--help');
	t.is(all.exitCode, 0);
	for (const { name } of commands) t.regex(all.out, new RegExp(`^  ${name} `, 'm'));
	const family = await runCommand(cli, 'cache', '--help');
	t.is(family.exitCode, 0);
	t.regex(family.out, /^ {2}cache ls /m);
	t.notRegex(family.out, /^ {2}build /m);
	t.regex(family.out, /^Commands:\n {2}cache ls /m);
});

test('slipway lists its commands under headings, in 80 columns', async (t) => {
	const { out } = await runCommand(cli, 'help');
	const headings = out.match(/^\S.*:$/gm) ?? [];
	t.deepEqual(
		headings,
		commandGroups.map(({ heading }) => `${heading}:`),
	);
	t.regex(out, /^Machines:\n {2}ps {2,}list machines\n {2}console /m);
	t.deepEqual(
		out.split('\n').filter((line) => line.length > 80),
		[],
	);
	t.is(new Set(commands).size, commands.length, 'no command is in two groups');
});

test('slipway help COMMAND is COMMAND --help', async (t) => {
	for (const words of [['run'], ['pkg', 'new'], ['cache']])
		t.deepEqual(
			await runCommand(cli, 'help', ...words),
			await runCommand(cli, ...words, '--help'),
			words.join(' '),
		);
	t.regex((await runCommand(cli, 'help', 'run')).out, /^Usage: slipway run /);
});

test('slipway answers the options of docker run at each command that boots a machine', async (t) => {
	for (const command of ['run', 'up', 'dev', 'test']) {
		const answer = async (...words: readonly string[]) => (await runCommand(cli, command, ...words, 'x')).err;
		t.regex(await answer('-p', '80:80'), /^slipway: -p: write --publish HOST:GUEST\.$/m);
		t.regex(await answer('-e', 'A=b'), /^slipway: -e: .* as "env" of the service/m);
		t.regex(await answer('-v', '/srv:/srv'), /^slipway: -v: a machine shares no directory/m);
		t.regex(await answer('-it'), /^slipway: -it: .*slipway exec -it SERVICE -- CMD$/m);
	}
});

const dockerWords: readonly [words: string, answer: RegExp][] = [
	['ps --format json', /--format: write --json/],
	['ps -f name=web', /-f: write --json/],
	['ps --no-trunc', /--no-trunc: write --json/],
	['stop -s KILL web', /-s: a machine takes no signals: its services end in their order/],
	['kill --signal HUP web', /--signal: a machine takes no signals\. This cuts its power/],
	['rm -v web', /-v: disks are files of yours/],
	['exec -d web ls', /-d: CMD ends with slipway/],
	['exec --privileged web ls', /--privileged: CMD may do what its container may/],
	['stats --format json', /--format: write --json/],
	[
		'up --publish auto web.yml',
		/--publish auto is for "slipway run": up publishes the ports of services anyway/,
	],
];
for (const [words, answer] of dockerWords) {
	test(`slipway ${words} is answered with what to do here`, async (t) => {
		const { exitCode, err } = await runCommand(cli, ...words.split(' '));
		t.is(exitCode, 2);
		t.regex(err, answer);
	});
}

test('slipway logs -t and stats --no-stream are taken, because they ask for what happens anyway', async (t) => {
	for (const words of [
		['logs', '-t'],
		['stats', '--no-stream'],
	])
		t.notRegex((await runCommand(cli, ...words, '--system=a', '--host=b')).err, /Unknown|no-stream|-t/);
});

test('slipway COMMAND --help has every option of the table and no line over 120 columns', async (t) => {
	for (const command of commands) {
		const { exitCode, out } = await runCommand(cli, ...command.name.split(' '), '--help');
		t.is(exitCode, 0);
		for (const name of [...Object.keys(command.options), 'help']) t.regex(out, new RegExp(` --${name}\\b`));
		for (const line of out.split('\n')) t.true(line.length <= 120, line);
	}
});

test('slipway takes --help after "--" as an operand', async (t) => {
	const { exitCode, err } = await runCommand(cli, 'validate', '--', '--help');
	t.is(exitCode, 1);
	t.regex(err, /--help/);
});
