// The options of `docker run` that people type out of habit at a command that boots a machine: each is answered with what to do here.

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
