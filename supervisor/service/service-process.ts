// Describes the process of a service to a program that starts another one beside it (`service exec`).

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { asRecord, type JsonRecord, listOf, numberOr } from '../contract/json-shape.ts';
import type { IdMapping, ServiceProcess } from '../contract/protocol.ts';
import { cgroupOf } from '../process/memory-events.ts';
import type { ProcessIdentity } from '../process/process-identity.ts';

/**
 * @param readSpec - reads its config.json
 * @param cgroupRoot - the mount point of cgroup version 2
 */
export function describeProcess(
	process: ProcessIdentity | null,
	readSpec: () => JsonRecord,
	cgroupRoot: string,
): ServiceProcess | null {
	if (process === null) return null;
	const spec = readSpec();
	const linux = asRecord(spec['linux'] ?? {}, 'config.json: linux');
	const cgroup = join(cgroupRoot, cgroupOf(process.pid) ?? '/');
	return {
		...process,
		cgroup: existsSync(join(cgroup, 'cgroup.procs')) ? cgroup : null,
		process: spec['process'] ?? {},
		seccomp: linux['seccomp'] !== undefined && linux['seccomp'] !== null,
		uidMappings: listOf(linux['uidMappings'], 'config.json: linux.uidMappings', asIdMapping),
	};
}

function asIdMapping(value: unknown, place: string): IdMapping {
	const record = asRecord(value, place);
	const number = (name: string) => numberOr(record[name], 0, `${place}.${name}`);
	return { containerID: number('containerID'), hostID: number('hostID'), size: number('size') };
}
