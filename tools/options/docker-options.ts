// The options of docker's commands that people type out of habit: each is answered with what to do here. Those that ask for what happens
// anyway are taken.

import { type ForeignOptions, foreignFlag, foreignOption } from '../terminal/arguments.ts';

const inYaml = (key: string, what: string) =>
	foreignOption(`${what} stands in the YAML file, as "${key}" of the service; then build the system again.`);
const publish = foreignOption('write --publish HOST:GUEST.');
const share = foreignOption(
	'a machine shares no directory with this host. Write "files" into the YAML file, or give it a disk by --disk.',
);
const terminal = foreignFlag(
	'the terminal is the console of the machine anyway, unless it runs in the background. For a program in a service: slipway exec -it SERVICE -- CMD',
);

export const dockerRunOptions: ForeignOptions = {
	p: publish,
	port: publish,
	ports: publish,
	e: inYaml('env', 'the environment'),
	env: inYaml('env', 'the environment'),
	'env-file': inYaml('env', 'the environment'),
	entrypoint: inYaml('command', 'the program'),
	u: inYaml('uid', 'the user'),
	user: inYaml('uid', 'the user'),
	'cap-add': inYaml('capabilities', 'what a service may do'),
	privileged: foreignFlag('what a service may do stands in the YAML file, as "capabilities: [all]".'),
	restart: inYaml('restart', 'what follows when a service ends'),
	network: inYaml('net', 'the network'),
	v: share,
	volume: share,
	mount: share,
	i: terminal,
	t: terminal,
	it: terminal,
	ti: terminal,
	rm: foreignFlag('what is kept of a machine that has ended is removed by: slipway rm NAME'),
};

const forPrograms = foreignOption('write --json, which prints all for programs.');

export const dockerPsOptions: ForeignOptions = {
	format: forPrograms,
	f: forPrograms,
	filter: forPrograms,
	'no-trunc': foreignFlag('write --json, which has the whole texts.'),
};

export const dockerKillOptions: ForeignOptions = {
	s: foreignOption('a machine takes no signals. This cuts its power; "slipway stop" powers it off cleanly.'),
	signal: foreignOption(
		'a machine takes no signals. This cuts its power; "slipway stop" powers it off cleanly.',
	),
};

const cleanly = foreignOption(
	'a machine takes no signals: its services end in their order, each by its own "stop" in the YAML file.',
);

export const dockerStopOptions: ForeignOptions = { s: cleanly, signal: cleanly };

const volumes = foreignFlag('disks are files of yours, such as NAME-disk.img, and stay: remove them by rm.');

export const dockerRmOptions: ForeignOptions = { v: volumes, volumes };

const inBackground = foreignFlag(
	'CMD ends with slipway. What is to run on is a service of the YAML file, or "slipway run-in".',
);

export const dockerExecOptions: ForeignOptions = {
	d: inBackground,
	detach: inBackground,
	privileged: foreignFlag(
		'CMD may do what its container may: "capabilities" of the service in the YAML file.',
	),
};

/** Each line begins with its time. */
const timestamps = foreignFlag(null);

export const dockerLogsOptions: ForeignOptions = { t: timestamps, timestamps };

export const dockerStatsOptions: ForeignOptions = {
	format: forPrograms,
	'no-stream': foreignFlag(null),
	a: foreignFlag(null),
	all: foreignFlag(null),
};
