// `resources:` of a container, the runtime-spec's (`config-linux.md`, Control groups) in LinuxKit's spelling and with the
// ranges of the runtime-spec's Go types.

import { boolean, int64, list, type RecordSchema, record, string, uint16, uint32, uint64 } from './schema.ts';

const throttles = list(record({ major: int64, minor: int64, rate: uint64 }));

export const resources: RecordSchema = record({
	devices: list(record({ allow: boolean, type: string, major: int64, minor: int64, access: string })),
	memory: record({
		limit: int64,
		reservation: int64,
		swap: int64,
		kernel: int64,
		kernelTCP: int64,
		swappiness: uint64,
		disableOOMKiller: boolean,
	}),
	cpu: record({
		shares: uint64,
		quota: int64,
		period: uint64,
		realtimeRuntime: int64,
		realtimePeriod: uint64,
		cpus: string,
		mems: string,
	}),
	pids: record({ limit: int64 }),
	blockio: record({
		weight: uint16,
		leafWeight: uint16,
		weightDevice: list(record({ major: int64, minor: int64, weight: uint16, leafWeight: uint16 })),
		throttleReadBpsDevice: throttles,
		throttleWriteBpsDevice: throttles,
		throttleReadIOPSDevice: throttles,
		throttleWriteIOPSDevice: throttles,
	}),
	hugepageLimits: list(record({ pageSize: uint64, limit: uint64 })),
	network: record({ classID: uint32, priorities: list(record({ name: string, priority: uint32 })) }),
});
