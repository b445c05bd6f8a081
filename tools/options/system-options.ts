// The options of the commands that build a system from YAML files and boot it: `slipway up`, `dev` and `test`.

import { join, parse } from 'node:path';
import { UsageError } from '../errors.ts';
import type { MachineRequest } from '../machine/describe-machine.ts';
import { checkMachineName, defaultMachineName } from '../machine/machine-name.ts';
import { outputFormats } from '../output/formats.ts';
import type { readArguments } from '../terminal/arguments.ts';
import type { OptionTable } from '../terminal/option-table.ts';
import type { BuildOptions } from './build-options.ts';
import { acceptOption } from './check-options.ts';
import { planOptions, planOptionsOf } from './plan-options.ts';
import { machineRequestOf, parseTimeoutSeconds, readyTimeoutSeconds, runOptions } from './run-options.ts';

export const systemOptions = {
	name: {
		value: 'NAME',
		defaultText: "the last file's, without its ending",
		group: 'Machine',
		help: 'how the system and its machine are called',
	},
	memory: runOptions.memory,
	cpus: runOptions.cpus,
	accel: runOptions.accel,
	publish: {
		...runOptions.publish,
		value: 'HOST:GUEST',
		help: 'forward a port of 127.0.0.1 to the guest. The whole form is [ADDRESS:]HOST:GUEST[/tcp|udp]',
	},
	disk: runOptions.disk,
	data: runOptions.data,
	'data-file': runOptions['data-file'],
	append: runOptions.append,
	timeout: {
		value: 'TIME',
		defaultText: `${readyTimeoutSeconds}s`,
		group: 'Boot',
		help: 'how long the system may take until all services run, such as 90s or 5m; a plain number is seconds',
	},
	...planOptions,
	...acceptOption,
} as const satisfies OptionTable;

/** For the commands whose outputs stay. */
export const dirOption = {
	dir: {
		value: 'DIR',
		completes: 'directory',
		defaultText: 'the working directory',
		group: 'Outputs',
		help: "the directory of the system's files",
	},
} as const satisfies OptionTable;

export interface SystemOptions {
	readonly name: string;
	readonly readyTimeoutMs: number;
	/** @param folder - the directory of the outputs */
	buildOptions(folder: string): BuildOptions;
	/** The machine that boots the outputs in that directory. */
	machineRequest(folder: string): MachineRequest;
}

type SystemValues = ReturnType<typeof readArguments<typeof systemOptions>>['values'];

/** @param command - its name, for errors */
export function systemOptionsOf(
	command: string,
	values: SystemValues,
	files: readonly string[],
): SystemOptions {
	const last = files.at(-1);
	if (last === undefined) throw new UsageError(`${command} needs a YAML file, for example web.yml.`);
	if (last === '-' && values.name === undefined)
		throw new UsageError(`${command} from the standard input needs --name NAME.`);
	if (values.publish.includes('auto'))
		throw new UsageError(
			`--publish auto is for "slipway run": ${command} publishes the ports of services anyway.`,
		);
	const name =
		values.name === undefined ? defaultMachineName(parse(last).name) : checkMachineName(values.name);
	const planned = planOptionsOf(values, files);
	return {
		name,
		readyTimeoutMs:
			(values.timeout === undefined ? readyTimeoutSeconds : parseTimeoutSeconds(values.timeout)) * 1000,
		buildOptions: (folder) => ({
			...planned,
			formats: [outputFormats[0].name],
			output: join(folder, name),
			sbom: false,
			compression: 'fast',
			signing: null,
			root: 'auto',
			diskBytes: null,
			accepted: new Set(values.accept),
			explainPrivileges: false,
		}),
		machineRequest: (folder) => machineRequestOf(values, join(folder, name)),
	};
}
