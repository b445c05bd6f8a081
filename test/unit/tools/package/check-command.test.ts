import test from 'ava';
import { ConfigError } from '../../../../tools/config/config-error.ts';
import { buildImage, madeUpSource } from './made-up-debian.ts';

const file = (path: string, mode = '0755'): string =>
	`files: [{ path: ${path}, contents: x, mode: "${mode}" }]\n`;

const accepts = test.macro({
	async exec(t, yaml: string) {
		await t.notThrowsAsync(buildImage(t, yaml, await madeUpSource(t)));
	},
	title: (_, yaml) => `buildPackage() takes ${JSON.stringify(yaml)}`,
});

test(accepts, `${file('usr/bin/web')}command: [/usr/bin/web]\n`);
test(accepts, `${file('usr/bin/web')}command: [web, -x]\n`);
test(accepts, `${file('opt/web')}env: [PATH=/opt]\ncommand: [web]\n`);
test(accepts, `${file('app/web')}workdir: /app\ncommand: [./web]\n`);
test(accepts, `${file('usr/bin/web')}links: [{ path: bin, target: usr/bin }]\ncommand: [/bin/web]\n`);
test(accepts, 'applets: [/usr/bin/sysctl]\ncommand: [/usr/bin/sysctl]\n');
test(accepts, `${file('etc/x')}config: { binds: ["/usr:/usr"] }\ncommand: [/usr/bin/web]\n`);

const refuses = test.macro({
	async exec(t, yaml: string, message: string) {
		const error = await t.throwsAsync(buildImage(t, yaml, await madeUpSource(t)), {
			instanceOf: ConfigError,
		});
		t.true(error.message.includes(message), error.message);
		t.regex(error.message, /\n {2}command: .*\n {12}\^$/);
	},
	title: (_, yaml) => `buildPackage() refuses ${JSON.stringify(yaml)}`,
});

test(
	refuses,
	`${file('usr/bin/web')}command: [/usr/bin/wbe]\n`,
	'build.yml:3:11: command: the image has no /usr/bin/wbe. Did you mean /usr/bin/web?',
);
test(refuses, `${file('usr/bin/web')}command: [wep]\n`, 'Did you mean web?');
test(refuses, `${file('usr/bin/web', '0644')}command: [/usr/bin/web]\n`, '/usr/bin/web is not executable.');
test(
	refuses,
	`${file('a')}links: [{ path: b, target: c }, { path: c, target: b }]\ncommand: [/b]\n`,
	'the image has no /b.',
);

const places = test.macro({
	async exec(t, yaml: string, message: RegExp) {
		const source = await madeUpSource(t, { name: 'app', members: [{ name: 'usr/bin/app', body: 'x' }] });
		const error = await t.throwsAsync(buildImage(t, yaml, source), { code: 'BAD_RECIPE' });
		t.regex(error.message, message);
	},
	title: (_, yaml) => `buildPackage() shows the place in ${JSON.stringify(yaml)}`,
});

test(
	places,
	'debian: [{ package: apa, take: [/x] }]\n',
	/build\.yml:2:21: apt has no package apa\.\n {2}debian: .*\n {22}\^$/,
);
test(
	places,
	'debian:\n  - package: app\n    take: [/usr/bin/app, /usr/bin/apa]\n',
	/build\.yml:4:26: .*has nothing that matches \/usr\/bin\/apa/,
);
test(
	places,
	'copy: [{ from: mtod, to: etc/motd }]\n',
	/build\.yml:2:16: mtod does not exist\..*\n {2}copy: .*\n {17}\^$/,
);
