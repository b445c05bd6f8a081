// `resources:` of a container, the runtime-spec's (`config-linux.md`, Control groups) in LinuxKit's spelling and with the
// ranges of the runtime-spec's Go types.

import { countProblem, cpuListProblem, memoryLimitProblem } from './checks.ts';
import { resourceWords } from './foreign-words.ts';
import { boolean, described, int64, list, record, string, uint16, uint32, uint64 } from './schema.ts';
import { bytesHint, limitHint, quotaHint } from './value-hints.ts';

const majorText = 'The major number of the device.';
const minorText = 'The minor number of the device.';

function throttles(description: string, unit: string) {
	const keys = {
		major: int64(`${majorText} Default: 0.`),
		minor: int64(`${minorText} Default: 0.`),
		rate: uint64(`The highest rate, in ${unit} per second. Default: 0.`),
	};
	return list(description, record(keys), { examples: [[{ major: 8, minor: 0, rate: 1_048_576 }]] });
}

const devices = list(
	'Rules about the use of devices, applied in order before the rules that follow from `devices` of the container.',
	record({
		allow: boolean('Allows the access when true and denies it when false. Default: false.'),
		type: string('The type of device: `a` (all), `b` (block) or `c` (character). Default: all types.'),
		major: int64(`${majorText} Default: all numbers.`),
		minor: int64(`${minorText} Default: all numbers.`),
		access: string(
			'The accesses, a combination of `r` (read), `w` (write) and `m` (create a node). Default: none.',
			{ examples: ['rwm'] },
		),
	}),
	{ examples: [[{ allow: true, type: 'c', major: 10, minor: 229, access: 'rwm' }]] },
);

const memory = described(
	'Limits of memory.',
	record({
		limit: int64(
			'The most memory that the container may use, in bytes; -1 means no limit. Default: no limit. A service that lacks ' +
				'CAP_SYS_ADMIN may use what was available before the services started, less a reserve.',
			{
				examples: [268_435_456],
				hint: bytesHint,
				check: memoryLimitProblem,
			},
		),
		reservation: int64(
			'The memory, in bytes, to which the kernel shrinks the container when memory is short. Default: none.',
			{ hint: bytesHint, check: countProblem },
		),
		swap: int64(
			'The most memory and swap together, in bytes; -1 means no limit. Default: no limit of its own.',
			{ hint: bytesHint, check: memoryLimitProblem },
		),
		kernel: int64('The most kernel memory, in bytes. Only version 1 of control groups has this limit.'),
		kernelTCP: int64(
			'The most kernel memory for TCP buffers, in bytes. Only version 1 of control groups has this limit.',
		),
		swappiness: uint64(
			'How readily the kernel swaps, from 0 to 100. Only version 1 of control groups has this value.',
		),
		disableOOMKiller: boolean(
			'Lets a container that is out of memory wait instead of being killed, with version 1 of control groups. ' +
				'Default: false.',
		),
	}),
	{ examples: [{ limit: 268_435_456, swap: 268_435_456 }], hint: limitHint },
);

const cpu = described(
	'Shares and limits of processor time.',
	record({
		shares: uint64('The relative weight beside other containers. Default of the kernel: 1024.', {
			examples: [512],
		}),
		quota: int64('The processor time per `period`, in microseconds; -1 means no limit. Default: no limit.', {
			hint: quotaHint,
		}),
		period: uint64('The period of `quota`, in microseconds. Default of the kernel: 100000.'),
		realtimeRuntime: int64(
			'The time per `realtimePeriod` for tasks of a real-time class, in microseconds. Default: that of the kernel.',
		),
		realtimePeriod: uint64('The period of `realtimeRuntime`, in microseconds. Default: that of the kernel.'),
		cpus: string(
			'The processors that the container may use, as a list of numbers and ranges. Default: all.',
			{
				examples: ['0-1,3'],
				check: cpuListProblem,
			},
		),
		mems: string(
			'The memory nodes (NUMA) that the container may use, as a list of numbers and ranges. Default: all.',
			{
				examples: ['0'],
				check: cpuListProblem,
			},
		),
	}),
	{ examples: [{ quota: 50_000, period: 100_000 }] },
);

const weightText = 'The relative weight in input and output of block devices, from 10 to 1000.';
const leafWeightText =
	'The weight of tasks in the control group itself against its children, from 10 to 1000.';

const blockio = described(
	'Shares and limits of block devices (`blockIO` of the runtime-spec).',
	record({
		weight: uint16(`${weightText} Default: the kernel's.`),
		leafWeight: uint16(`${leafWeightText} Default: the kernel's.`),
		weightDevice: list(
			'Weights for single devices.',
			record({
				major: int64(`${majorText} Default: 0.`),
				minor: int64(`${minorText} Default: 0.`),
				weight: uint16(`${weightText} Default: \`weight\` of the container.`),
				leafWeight: uint16(`${leafWeightText} Default: \`leafWeight\` of the container.`),
			}),
			{ examples: [[{ major: 8, minor: 0, weight: 500 }]] },
		),
		throttleReadBpsDevice: throttles('Limits of bytes read, for single devices.', 'bytes'),
		throttleWriteBpsDevice: throttles('Limits of bytes written, for single devices.', 'bytes'),
		throttleReadIOPSDevice: throttles('Limits of read operations, for single devices.', 'operations'),
		throttleWriteIOPSDevice: throttles('Limits of write operations, for single devices.', 'operations'),
	}),
);

const pids = described(
	'The limit of processes.',
	record({
		limit: int64(
			'The most processes and threads; -1 means no limit. Default: no limit. A service that lacks ' +
				'CAP_SYS_ADMIN may have half of `threads-max` of the kernel, at most 4096.',
			{ check: countProblem },
		),
	}),
	{ examples: [{ limit: 100 }] },
);

/** The part of `resources` that a system can set for all its services. */
export const defaultResources = described(
	'Limits of every service, each of `pids`, `memory` and `cpu` as `resources` of a service has it. They take precedence ' +
		"over the `resources` of an image's label; those of the service in the YAML take precedence over them, key by key.",
	record({ memory, cpu, pids }, { foreign: resourceWords }),
	{ examples: [{ pids: { limit: 200 }, cpu: { shares: 512 } }] },
);

export const resources = described(
	'Limits of what the container may use, as control groups. Default: no limits, but `memory` and `pids` of services.',
	record(
		{
			devices,
			memory,
			cpu,
			pids,
			blockio,
			hugepageLimits: list(
				'Limits of huge pages, one item for each size of page.',
				record({
					pageSize: uint64('The size of a page, in KiB: 2048 for pages of 2 MiB. Default: 0.'),
					limit: uint64('The most memory in pages of this size, in bytes. Default: 0.'),
				}),
				{ examples: [[{ pageSize: 2048, limit: 209_715_200 }]] },
			),
			network: described(
				'Marks of network packets. Only version 1 of control groups has these values.',
				record({
					classID: uint32('The class of the packets for traffic control (net_cls).'),
					priorities: list(
						'Priorities of the packets, for single interfaces (net_prio).',
						record({
							name: string(
								'The name of the interface in the root network namespace. Default: an empty name.',
							),
							priority: uint32('The priority of packets that leave through it. Default: 0.'),
						}),
						{ examples: [[{ name: 'eth0', priority: 5 }]] },
					),
				}),
			),
		},
		{ foreign: resourceWords },
	),
	{ examples: [{ memory: { limit: 268_435_456 }, pids: { limit: 100 } }] },
);
