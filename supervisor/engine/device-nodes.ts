// The device nodes of a container (config-linux.md, Devices and Default Devices). Pure.

import { constant } from '../../native/linux/constant.ts';
import type { KernelConstants } from '../../native/linux/mount-calls.ts';
import type { ContainerStep } from '../../native/native.ts';
import { asRecord, asString, listOf, numberOr, ShapeError } from '../contract/json-shape.ts';

const common: readonly (readonly [name: string, major: number, minor: number])[] = [
	['null', 1, 3],
	['random', 1, 8],
	['full', 1, 7],
	['tty', 5, 0],
	['zero', 1, 5],
	['urandom', 1, 9],
];
const commonMode = 0o666;
const kinds: Readonly<Record<string, string>> = { c: 'S_IFCHR', u: 'S_IFCHR', b: 'S_IFBLK', p: 'S_IFIFO' };

/** @param devices - `linux.devices`. A node of the same path replaces a common one. Throws `ShapeError`. */
export function deviceNodes(devices: unknown, constants: KernelConstants): ContainerStep[] {
	const own = listOf(devices, 'config.json: linux.devices', (value, place): ContainerStep => {
		const record = asRecord(value, place);
		const kind = kinds[asString(record['type'], `${place}.type`)];
		if (kind === undefined) throw new ShapeError(`${place}.type`, 'one of c, u, b and p');
		const number = (key: string, fallback: number) => numberOr(record[key], fallback, `${place}.${key}`);
		return {
			call: 'mknod',
			target: asString(record['path'], `${place}.path`),
			mode: constant({ constants }, kind) | (number('fileMode', commonMode) & 0o777),
			major: number('major', 0),
			minor: number('minor', 0),
			uid: number('uid', 0),
			gid: number('gid', 0),
		};
	});
	const mode = constant({ constants }, 'S_IFCHR') | commonMode;
	const others = common
		.map(
			([name, major, minor]): ContainerStep => ({
				call: 'mknod',
				target: `/dev/${name}`,
				mode,
				major,
				minor,
			}),
		)
		.filter(({ target }) => !own.some((each) => each.target === target));
	return [...own, ...others];
}
