import { readFileSync } from 'node:fs';
import test from 'ava';
import {
	app,
	type Case,
	findingsOf,
	linesOf,
	program,
	script,
	service,
	systemWith,
	type TestImage,
} from './system-of.ts';

/** The trial inputs of users, and what a person should read. */
const typed: Readonly<Record<string, readonly string[]>> = {
	'53-nosvcs': [
		'warning containers 2:3 the system has no "services" and no "onboot": it boots, and nothing runs in it. Add what it is ' +
			'for, such as "services: [{name: web, image: slipway/nginx:v1, net: host}]".',
	],
	'58-initless': [
		'warning init 2:3 the system has a kernel but no "init": the kernel ends in a panic, as nothing is its first program. ' +
			'Add "init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1]".',
	],
	'59-noruncs': [
		'warning runtime 7:5 no image of "init" has /usr/bin/runc, without which containers do not run. Add slipway/runc:v1 ' +
			'to "init".',
		'warning runtime 7:5 no image of "init" has /usr/bin/containerd, without which services do not run. Add ' +
			'slipway/containerd:v1 to "init".',
	],
	'60-noconsole': [
		'warning console 3:12 the kernel\'s command line has no "console=", so getty and the kernel\'s messages are on the ' +
			'machine\'s screen only, and "slipway run" shows nothing. Add "console=ttyS0" for a serial port.',
	],
	'61-cmdtypo': [
		'error command 11:15 a: the image has no file /usr/bin/redis-sever. Did you mean "/usr/bin/redis-server"?',
	],
	'62-bindsrcmissing': [
		'error bind-source 11:13 a: nothing in the system makes /etc/nothere.conf, which is bound to /etc/x.conf. Add it with ' +
			'"files", a directory with "directory: true".',
	],
	'66-kernelwrong': [
		'error kernel 2:10 the image slipway/redis:v1 is no kernel image: it has no file /kernel. Kernel images in the store: ' +
			'docker.io/slipway/kernel:v1.',
	],
};

for (const [name, expected] of Object.entries(typed)) {
	test(`checkImages() of what a user types: ${name}`, async (t) => {
		const yaml = readFileSync(`test/unit/tools/check/cases/${name}.yml`, 'utf8');
		t.deepEqual(linesOf(await findingsOf(t, yaml)), expected);
	});
}

/** The start of a program for arm64, which is all that tells the processor. */
const arm64Program: TestImage['members'][number] = {
	name: 'app',
	mode: 0o755,
	body: Buffer.concat([
		Buffer.from('7f454c46020101', 'hex'),
		Buffer.alloc(9),
		Buffer.from('0300b700', 'hex'),
	]),
};
const cases: Readonly<Record<string, Case>> = {
	'a program by its PATH': {
		yaml: service('    command: [tool]\n'),
		images: app([program('opt/tool')], { Env: ['PATH=/bin:/opt'] }),
		expected: [],
	},
	'a program that PATH does not lead to': {
		yaml: service('    command: [tool]\n'),
		images: app([program('opt/tool')], { Env: ['PATH=/bin'] }),
		expected: [
			/^error command 11:15 a: the image has no program "tool" in its PATH \(\/bin\)\. Did you mean "\/opt\/tool"\?$/,
		],
	},
	'a word without PATH': {
		yaml: service('    command: [tool]\n'),
		images: app([program('opt/tool')]),
		expected: [/"tool" is searched in PATH, which the environment does not have/],
	},
	'a program relative to the working directory': {
		yaml: service('    command: [./tool]\n    cwd: /opt\n'),
		images: app([program('opt/tool')]),
		expected: [],
	},
	'a program through links': {
		yaml: service(),
		images: app([
			program('usr/bin/real'),
			{ name: 'bin', type: 'symlink', linkname: 'usr/bin' },
			{ name: 'app', type: 'symlink', linkname: '/bin/real' },
		]),
		expected: [],
	},
	'an onboot container of the built-in engine': {
		yaml: systemWith('onboot:\n  - name: a\n    image: a/app:v1\n    engine: builtin\n'),
		images: app([program('app')]),
		expected: [],
	},
	'what the built-in engine does not do': {
		yaml: systemWith(
			'onboot:\n  - name: a\n    image: a/app:v1\n    engine: builtin\n    hostname: x\n' +
				'    resources: {memory: {swappiness: 1}}\n    runtime: {bindNS: {net: /run/netns/a}}\n',
		),
		images: app([program('app')]),
		expected: [
			/^error engine 13:16 a: the built-in engine can't do "linux\.resources\.memory\.swappiness"/,
			/^error engine 12:15 a: the built-in engine can't do "hostname" without "uts: new", which would rename the machine\. Leave it out, or leave out "engine: builtin"\./,
		],
	},
	'a seccomp profile that the built-in engine can not have': {
		yaml: systemWith(
			'onboot:\n  - name: a\n    image: a/app:v1\n    engine: builtin\n' +
				'    seccomp: {defaultAction: SCMP_ACT_ALLOW, architectures: [SCMP_ARCH_X86]}\n',
		),
		images: app([program('app')]),
		expected: [
			/^error engine 12:14 a: the built-in engine can't have its filter: the seccomp profile leaves out the architecture SCMP_ARCH_X86_64\. Change the profile, or/,
		],
	},
	'the same by runc': {
		yaml: systemWith(
			'onboot:\n  - name: a\n    image: a/app:v1\n    engine: runc\n    runtime: {bindNS: {net: /run/netns/a}}\n',
		),
		images: app([program('app')]),
		expected: [],
	},
	'a link to nothing': {
		yaml: service(),
		images: app([{ name: 'app', type: 'symlink', linkname: 'gone' }]),
		expected: [/has no file \/app: it leads to \/gone/],
	},
	'links in a circle': {
		yaml: service(),
		images: app([
			{ name: 'app', type: 'symlink', linkname: 'b' },
			{ name: 'b', type: 'symlink', linkname: 'app' },
		]),
		expected: [/^error command/],
	},
	'a program without the mode for it': {
		yaml: service(),
		images: app([{ name: 'app', mode: 0o644, body: '#!/bin/sh\n' }]),
		expected: [/\/app of the image is not executable/],
	},
	'a directory as a command': {
		yaml: service(),
		images: app([{ name: 'app', type: 'directory' }]),
		expected: [/\/app is a directory/],
	},
	'a program that a bind brings': {
		yaml: service('    binds: ["/usr/bin:/opt"]\n    command: [/opt/tool]\n'),
		images: app([]),
		expected: [],
	},
	'no command at all': {
		yaml: service(),
		images: { 'a/app:v1': { members: [], config: {} } },
		expected: [/^warning command 10:12 a: neither the YAML nor the image a\/app:v1 names a program/],
	},
	'an interpreter that is missing': {
		yaml: service(),
		images: app([script('app', '#!/usr/bin/python3\n')]),
		expected: [
			/^error interpreter 10:12 a: the script \/app needs the interpreter \/usr\/bin\/python3, which the image does not have/,
		],
	},
	'a program that env(1) does not find': {
		yaml: service(),
		images: app([script('app', '#!/usr/bin/env -S node --flag\n'), program('usr/bin/env')], {
			Env: ['PATH=/usr/bin'],
		}),
		expected: [/^error interpreter 10:12 a: the script \/app needs the program "node"/],
	},
	'a script with the line ends of Windows': {
		yaml: service(),
		images: app([script('app', '#!/bin/sh\r\necho\r\n'), program('bin/sh')]),
		expected: [/end in CR LF/],
	},
	'a program for another processor': {
		yaml: service(),
		images: app([arm64Program]),
		expected: [/^error processor 10:12 a: \/app is a program for arm64, and the system is for amd64/],
	},
	'a program for another processor in a system that emulates it': {
		yaml: service(
			'  - name: b\n    image: a/qemu:v1\n    binds: ["/proc/sys/fs/binfmt_misc:/binfmt_misc"]\n',
		),
		images: { ...app([arm64Program]), 'a/qemu:v1': { members: [program('q')], config: { Cmd: ['/q'] } } },
		expected: [],
	},
	'a file that is no program': {
		yaml: service(),
		images: app([{ name: 'app', mode: 0o755, body: 'echo hello\n' }]),
		expected: [/^warning program-format 10:12 a: \/app is neither an ELF program nor a script/],
	},
	'a probe that is not there': {
		yaml: service('    health: {exec: [/bin/check]}\n'),
		images: app([program('app')]),
		expected: [/^warning command 11:21 a: its probe: the image has no file \/bin\/check/],
	},
	'a bind of what files makes, of what the system makes, and of what links lead to': {
		yaml: `${service('    binds: ["/etc/a.conf:/a", "/etc/resolv.conf:/etc/resolv.conf", "/var/x:/x", "/usr/bin/runc:/r"]\n')}files:\n  - {path: etc/a.conf, contents: a}\n`,
		images: app([program('app')]),
		expected: [],
	},
	'a bind of what a container makes at boot': {
		yaml: service(
			'    binds: ["/etc/made/a:/a", "/srv/data:/data"]\n    runtime: {mkdir: [/srv/data]}\n',
		).replace('services:', 'onboot:\n  - {name: make, image: "a/app:v1", binds: ["/etc:/etc"]}\nservices:'),
		images: app([program('app')]),
		expected: [/^warning bind-source \d+:13 a: nothing in the system makes \/etc\/made\/a/],
	},
	'a bind of what a container makes at boot in a writable root': {
		yaml: service('    binds: ["/etc/made/a:/a", "/srv/data:/data"]\n    runtime: {mkdir: [/srv/data]}\n')
			.replace('ttyS0"', 'ttyS0 slipway.root=rw"')
			.replace('services:', 'onboot:\n  - {name: make, image: "a/app:v1", binds: ["/etc:/etc"]}\nservices:'),
		images: app([program('app')]),
		expected: [],
	},
	'words for PID 1 that it does not understand': {
		yaml: service('').replace('ttyS0"', 'ttyS0 slipway.root=copy,wr slipway.rot=copy slipway.watchdog=30s"'),
		images: app([program('app')]),
		expected: [
			/^warning cmdline \d+:\d+ slipway\.root=copy,wr on .* is not understood: wr is none of bind, copy, rw\. It has no effect\.$/,
			/^warning cmdline \d+:\d+ slipway\.rot=copy on .* the options are slipway\.root=, .*slipway\.verity=\. It has no effect\.$/,
		],
	},
	'a bind that is nearly what files makes': {
		yaml: `${service('    binds: ["/etc/ap.conf:/a"]\n')}files:\n  - {path: etc/app.conf, contents: a}\n`,
		images: app([program('app')]),
		expected: [
			/^error bind-source 11:13 a: nothing in the system makes \/etc\/ap\.conf.*Did you mean "\/etc\/app\.conf"\?/,
		],
	},
	'a read-only container without the path of a bind': {
		yaml: service('    readonly: true\n    binds: ["/var/a:/data", "/run:/run", "/run/x:/dev/shm/x"]\n'),
		images: app([program('app'), { name: 'run', type: 'directory' }]),
		expected: [
			/^error bind-target 12:13 a: the image a\/app:v1 has no \/data, and in a read-only container runc cannot make it/,
		],
	},
	'a read-only container without the path of a bind in a writable root': {
		yaml: service('    readonly: true\n    binds: ["/var/a:/data"]\n').replace(
			'ttyS0"',
			'ttyS0 slipway.root=copy,rw"',
		),
		images: app([program('app')]),
		expected: [],
	},
	'a network namespace by a relative path': {
		yaml: service('    net: run/netns/x\n'),
		images: app([program('app')]),
		expected: [
			/^error namespace 11:10 a: there is no network namespace "run\/netns\/x"\. Expected "host", "bridge", "none"/,
		],
	},
	'a network namespace that another container binds, and one that nothing makes': {
		yaml: `${service('    net: /run/netns/web\n')}  - {name: b, image: "a/app:v1", net: new, runtime: {bindNS: {net: /run/netns/web}}}\n  - {name: c, image: "a/app:v1", net: /run/netns/wb}\n`,
		images: app([program('app')]),
		expected: [
			/^warning namespace 13:\d+ c: nothing in the system makes the network namespace \/run\/netns\/wb\. Did you mean "\/run\/netns\/web"/,
		],
	},
	'a network that joins one of a bridge, and ports without nft': {
		yaml: `${service('    net: bridge\n    ports: ["80:80"]\n')}  - {name: b, image: "a/app:v1", net: /run/slipway/netns/a}\n`,
		images: app([program('app')]),
		expected: [
			/^error runtime 12:12 no image of "init" has \/usr\/sbin\/nft, which publishes ports\. Add slipway\/nftables:v1/,
		],
	},
	'an internal network without nft': {
		yaml: `${service('    networks: [back]\n')}networks: [{name: back, internal: true}]\n`,
		images: app([program('app')]),
		expected: [
			/^error runtime 11:15 no image of "init" has \/usr\/sbin\/nft, which keeps internal networks to themselves\. Add/,
		],
	},
	'programs of Slipway with an init of others': {
		yaml: service().replace('slipway/init:v1', 'o/init:v1'),
		images: {
			...app([], { Labels: { 'org.slipway.applets': '["/app"]' } }),
			'o/init:v1': { members: [program('init')] },
		},
		expected: [/^error applets 10:12 a: the programs of a\/app:v1 are in Slipway's init image/],
	},
	'init images of which one would lose its files': {
		yaml: service().replace('slipway/runc:v1', 'slipway/runc:v1\n  - o/lib:v1'),
		images: {
			...app([program('app')]),
			'o/lib:v1': { members: [{ name: 'lib', type: 'symlink', linkname: 'usr/lib' }] },
		},
		expected: [
			/^error init-paths 7:5 \/lib is a directory in slipway\/init:v1 and a symbolic link to usr\/lib in o\/lib:v1, which comes later and replaces it\. The files of one image would be lost/,
		],
	},
	'init images that disagree on an empty directory': {
		yaml: service().replace('slipway/runc:v1', 'slipway/runc:v1\n  - o/a:v1\n  - o/b:v1'),
		images: {
			...app([program('app')]),
			'o/a:v1': { members: [{ name: 'srv', type: 'symlink', linkname: 'usr/srv' }] },
			'o/b:v1': { members: [{ name: 'srv', type: 'directory' }] },
		},
		expected: [
			/^warning init-paths 8:5 \/srv is a symbolic link to usr\/srv in o\/a:v1 and a directory in o\/b:v1/,
		],
	},
	'an init without /init': {
		yaml: service().replace('  - slipway/init:v1\n', ''),
		images: app([program('app')]),
		expected: [/^warning init 5:5 no image of "init" has the file \/init/],
	},
	'another name of the kernel': {
		yaml: service().replace('  cmdline', '  binary: bzImage\n  cmdline'),
		images: app([program('app')]),
		expected: [
			/^error kernel 3:11 the image slipway\/kernel:v1 is no kernel image: it has no file \/bzImage\. See "binary"/,
		],
	},
	'a user of the image': {
		yaml: service(),
		images: app(
			[program('app'), { name: 'etc/passwd', body: 'root:x:0:0::/:/bin/sh\nweb:x:33:44::/:/bin/sh\n' }],
			{ User: 'web' },
		),
		expected: [
			/^warning user 10:12 a: the image a\/app:v1 asks for the user "web" \(USER\), but the container runs as root, as in LinuxKit\. Write "uid: 33" and "gid: 44"/,
		],
	},
	'a user and a group of the image': {
		yaml: service(),
		images: app([program('app'), { name: 'etc/group', body: 'disk:x:6:\n' }], { User: '1000:disk' }),
		expected: [/Write "uid: 1000" and "gid: 6"/],
	},
	'a user that the image does not have': {
		yaml: service(),
		images: app([program('app')], { User: 'web\u001b[2J' }),
		expected: [/^warning user 10:12 a: [ -~]*The image has no such user/],
	},
	'a user of the image that the YAML answers, and root': {
		yaml: `${service('    uid: 0\n')}  - {name: b, image: "b/root:v1"}\n`,
		images: {
			...app([program('app')], { User: 'web' }),
			'b/root:v1': { members: [program('app')], config: { Cmd: ['/app'], User: 'root:root' } },
		},
		expected: [],
	},
	'a health check of the image that is not there, and one of an unknown kind': {
		yaml: `${service()}  - {name: b, image: "b/odd:v1"}\n  - {name: c, image: "b/odd:v1", health: none}\n`,
		images: {
			...app([program('app')], { Healthcheck: { Test: ['CMD-SHELL', 'curl localhost'] } }),
			'b/odd:v1': {
				members: [program('app')],
				config: { Cmd: ['/app'], Healthcheck: { Test: ['HTTP', '/'] } },
			},
		},
		expected: [
			/^warning command 10:12 a: its probe: the image has no file \/bin\/sh/,
			/^warning healthcheck 11:\d+ b: the image b\/odd:v1 has a HEALTHCHECK that is neither/,
		],
	},
	'a port in a network of its own': {
		yaml: `${service('    net: new\n')}  - {name: b, image: "a/app:v1"}\n`,
		images: app([program('app')], { ExposedPorts: { '80/tcp': {} } }),
		expected: [
			/^warning port 11:10 a: the image a\/app:v1 serves 80\/tcp, but with a network namespace of its own/,
		],
	},
	'volumes of the image': {
		yaml: `${service('    readonly: true\n    binds: ["/var/a:/data"]\n')}  - {name: b, image: "a/app:v1"}\n`,
		images: app([program('app'), { name: 'data', type: 'directory' }], {
			Volumes: { '/data': {}, '/more': {} },
		}),
		expected: [
			/^warning volume 10:12 a: the image a\/app:v1 writes to \/more \(VOLUME\), which a read-only container cannot/,
			/^warning volume 13:\d+ b: the image a\/app:v1 keeps data in \/data, \/more \(VOLUME\)/,
		],
	},
	'an addition without kernel and init': {
		yaml: 'services:\n  - {name: a, image: "a/app:v1", binds: ["/etc/x:/etc/x"]}\n',
		images: app([program('app')]),
		expected: [],
	},
};

for (const [title, { yaml, images, expected }] of Object.entries(cases)) {
	test(`checkImages() of ${title}`, async (t) => {
		const lines = linesOf(await findingsOf(t, yaml, images));
		t.is(lines.length, expected.length, lines.join('\n'));
		for (const [index, pattern] of expected.entries()) t.regex(lines[index] ?? '', pattern);
	});
}

test('checkImages() without what is accepted', async (t) => {
	const yaml = service('    net: run/netns/x\n');
	t.deepEqual(linesOf(await findingsOf(t, yaml, app([]), ['namespace', 'command'])), []);
});
