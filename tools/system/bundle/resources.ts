// `linux.resources` of the runtime-spec (`config-linux.md`, Control groups), formatted as the spec's Go types are: plain
// numbers and booleans are always present, empty lists and texts never.

import type { DeviceConfig, ResourcesConfig } from '../../config/system-config.ts';

type Plain = Readonly<Record<string, unknown>>;

/** @param devices - the container's own, each of which must be allowed */
export function resourcesOf(given: ResourcesConfig, devices: readonly DeviceConfig[]): Plain {
	const { blockio, hugepageLimits, memory, cpu, pids, network } = given;
	const rules = [...(given.devices ?? []).map(ruleOf), ...devices.map(deviceRule)];
	return lean({
		devices: rules,
		memory,
		cpu: cpu === undefined ? undefined : lean(cpu),
		pids: pids === undefined ? undefined : { limit: 0, ...pids },
		// LinuxKit's YAML has `blockio`.
		blockIO: blockio === undefined ? undefined : blockIo(blockio),
		hugepageLimits: hugepageLimits?.map(hugepageLimit),
		network: network === undefined ? undefined : networkOf(network),
	});
}

function ruleOf(rule: Plain): Plain {
	return lean({ allow: false, ...rule });
}

function deviceRule({ path, type, major, minor }: DeviceConfig): Plain {
	const numbers = path === 'all' ? {} : { major: major ?? 0, minor: minor ?? 0 };
	return lean({ allow: true, type, ...numbers, access: 'rwm' });
}

function blockIo(given: Plain): Plain {
	const devices = (key: string, missing: Plain): readonly Plain[] =>
		((given[key] ?? []) as readonly Plain[]).map((device) => ({ major: 0, minor: 0, ...missing, ...device }));
	return lean({
		weight: given['weight'],
		leafWeight: given['leafWeight'],
		weightDevice: devices('weightDevice', {}),
		...Object.fromEntries(
			['ReadBps', 'WriteBps', 'ReadIOPS', 'WriteIOPS'].map((what) => {
				const key = `throttle${what}Device`;
				return [key, devices(key, { rate: 0 })];
			}),
		),
	});
}

function networkOf(given: Plain): Plain {
	const priorities = (given['priorities'] ?? []) as readonly Plain[];
	return lean({ ...given, priorities: priorities.map((each) => ({ name: '', priority: 0, ...each })) });
}

/** LinuxKit's YAML counts kB as /proc/meminfo does; the runtime-spec has the kernel's name of the size, `2MB`. */
function hugepageLimit({ pageSize, limit }: NonNullable<ResourcesConfig['hugepageLimits']>[number]): Plain {
	const units = ['KB', 'MB', 'GB'] as const;
	let size = BigInt(pageSize ?? 0);
	let unit = 0;
	while (size >= 1024n && size % 1024n === 0n && unit < units.length - 1) {
		size /= 1024n;
		unit++;
	}
	return { pageSize: `${size}${units[unit]}`, limit: limit ?? 0 };
}

/** Removes empty values, as `omitempty` of Go does. */
function lean(value: Plain): Plain {
	return Object.fromEntries(
		Object.entries(value).filter(
			([, each]) => each !== undefined && each !== '' && !(Array.isArray(each) && each.length === 0),
		),
	);
}
