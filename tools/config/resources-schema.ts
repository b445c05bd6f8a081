// `resources:` of a container, the runtime-spec's (`config-linux.md`, Control groups) in LinuxKit's spelling.

import { boolean, integer, list, type RecordSchema, record, string } from './schema.ts';

const throttles = list(record({ major: integer, minor: integer, rate: integer }));

export const resources: RecordSchema = record({
	devices: list(record({ allow: boolean, type: string, major: integer, minor: integer, access: string })),
	memory: record({
		limit: integer,
		reservation: integer,
		swap: integer,
		kernel: integer,
		kernelTCP: integer,
		swappiness: integer,
		disableOOMKiller: boolean,
	}),
	cpu: record({
		shares: integer,
		quota: integer,
		period: integer,
		realtimeRuntime: integer,
		realtimePeriod: integer,
		cpus: string,
		mems: string,
	}),
	pids: record({ limit: integer }),
	blockio: record({
		weight: integer,
		leafWeight: integer,
		weightDevice: list(record({ major: integer, minor: integer, weight: integer, leafWeight: integer })),
		throttleReadBpsDevice: throttles,
		throttleWriteBpsDevice: throttles,
		throttleReadIOPSDevice: throttles,
		throttleWriteIOPSDevice: throttles,
	}),
	hugepageLimits: list(record({ pageSize: integer, limit: integer })),
	network: record({ classID: integer, priorities: list(record({ name: string, priority: integer })) }),
});
