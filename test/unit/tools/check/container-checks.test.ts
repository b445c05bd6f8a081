// The checks of a container's working directory, and of the user and the signal of its image.

import test from 'ava';
import { app, type Case, findingsOf, linesOf, program, service } from './system-of.ts';

const cases: Readonly<Record<string, Case>> = {
	"a container with the name of PID 1's log": {
		yaml: `${service('')}  - {name: init, image: "a/app:v1"}\n`,
		images: app([program('app')], { Cmd: ['/app'] }),
		expected: [
			/^warning name 11:12 init: "service logs init" would show this container, and no longer PID 1\./,
		],
	},
	'a working directory that is not absolute, of the YAML and of the image': {
		yaml: `${service('    cwd: ./srv/a\n')}  - {name: b, image: "a/app:v1"}\n`,
		images: app([program('app')], { Cmd: ['/app'], WorkingDir: 'srv' }),
		expected: [
			/^error working-directory 11:10 a: the working directory "\.\/srv\/a" is not absolute.* Write "cwd: \/srv\/a"\.$/,
			/^error working-directory 12:22 b: the working directory "srv" is not absolute.* Write "cwd: \/srv"\.$/,
		],
	},
	'a read-only container without its working directory': {
		yaml: service('    readonly: true\n    cwd: /srv/a\n'),
		images: app([program('app')]),
		expected: [
			/^error working-directory 12:10 a: the image a\/app:v1 has no working directory \/srv\/a, and in a read-only container runc cannot make it/,
		],
	},
	'a read-only container with its working directory, or a mount above it': {
		yaml: service('    readonly: true\n    cwd: /srv/a\n    tmpfs: [/srv]\n'),
		images: app([program('app'), { name: 'srv', type: 'directory' }]),
		expected: [],
	},
	'a container whose working directory runc makes, and one whose is a program': {
		yaml: `${service('    cwd: /srv/a\n')}  - {name: b, image: "a/app:v1", cwd: /app}\n`,
		images: app([program('app')]),
		expected: [
			/^error working-directory 12:39 b: the working directory \/app is no directory in the image a\/app:v1\.$/,
		],
	},
	'a group that the image does not have': {
		yaml: service(),
		images: app([program('app')], { User: '1000:web' }),
		expected: [
			/^warning user 10:12 a: [ -~]*The image has no such group in \/etc\/group\. Write "uid" and "gid"/,
		],
	},
	'a signal of the image that cannot be sent, and one that the YAML answers': {
		yaml: `${service()}  - {name: b, image: "a/app:v1", stop: {signal: SIGINT}}\nonboot: [{name: c, image: "a/app:v1"}]\n`,
		images: app([program('app')], { StopSignal: 'SIGRTMIN+3\u001b[2J' }),
		expected: [
			/^warning stop-signal 10:12 a: the image a\/app:v1 asks to be stopped by "SIGRTMIN\+3 \[2J" \(STOPSIGNAL\), which is no signal/,
		],
	},
};

for (const [title, { yaml, images, expected }] of Object.entries(cases)) {
	test(`containerFindings() of ${title}`, async (t) => {
		const lines = linesOf(await findingsOf(t, yaml, images));
		t.is(lines.length, expected.length, lines.join('\n'));
		for (const [index, pattern] of expected.entries()) t.regex(lines[index] ?? '', pattern);
	});
}
