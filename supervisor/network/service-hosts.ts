// The /etc/hosts of containers on bridges. That of a service is what the build wrote, and after it the containers of `service run` in the
// same networks; that of such a container names the services and the other ones in its network. A running container has the file itself (a
// bind), so it is written in place. What stands before the change stays as it is, so a reader may miss the name of a container that begins or
// ends at that moment, and never that of a service.

import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../native/linux/make-folder.ts';
import type { ContainerNetwork } from '../contract/container-network.ts';
import { hostLines, hostsFile, type NamedHost } from '../contract/hosts-file.ts';
import { asRecord, type JsonRecord } from '../contract/json-shape.ts';
import { bundlePath, type GuestPaths, stateFiles } from '../contract/layout.ts';
import { type NamedNetwork, readNetworks } from './read-network.ts';

type Paths = Pick<GuestPaths, 'containers' | 'state'>;

/**
 * Writes those of all services and of all containers of `service run`. Best effort: a full /run leaves them without the
 * names of those that begin. Returns the files of the latter by name, without those that could not be written.
 */
export function renewHosts(paths: Paths): ReadonlyMap<string, string> {
	const services = readNetworks(join(paths.containers, 'services'));
	const runs = runsOf(paths);
	for (const service of services) writeForService(service, runs, paths);
	return new Map(
		runs.flatMap((run): [string, string][] => {
			const others = [...services, ...runs.filter((each) => each !== run)];
			const path = writeRunHosts(run, others, paths);
			return path === null ? [] : [[run.name, path]];
		}),
	);
}

/** Returns the path of the file; null when it can't be written, or the build has made none. */
export function writeServiceHosts(name: string, network: ContainerNetwork, paths: Paths): string | null {
	return writeForService({ name, network }, runsOf(paths), paths);
}

function writeForService(
	{ name, network }: NamedNetwork,
	runs: readonly NamedNetwork[],
	paths: Paths,
): string | null {
	const path = stateFiles(paths).hosts(name);
	try {
		const ofBuild = readFileSync(bundlePath(`${paths.containers}/services/${name}`, 'hosts'));
		const added = hostLines(runs.flatMap((run) => hostIn(network, run)));
		writeInPlace(path, Buffer.concat([ofBuild, Buffer.from(added)]));
		return path;
	} catch {
		return null;
	}
}

function writeRunHosts(run: NamedNetwork, others: readonly NamedNetwork[], paths: Paths): string | null {
	const path = bundlePath(`${stateFiles(paths).runs}/${run.name}`, 'hosts');
	try {
		const hosts = [run, ...others].flatMap((each) => hostIn(run.network, each));
		writeInPlace(path, Buffer.from(hostsFile(hosts)));
		return path;
	} catch {
		return null;
	}
}

function runsOf(paths: Paths): NamedNetwork[] {
	return readNetworks(stateFiles(paths).runs);
}

/** Returns config.json with that file in the place of the build's. */
export function withServiceHosts(spec: JsonRecord, folder: string, path: string): JsonRecord {
	const mounts: unknown = spec['mounts'];
	if (!Array.isArray(mounts)) return spec;
	const replace = (mount: unknown): unknown => {
		const record = asRecord(mount, 'config.json: mounts');
		if (record['source'] !== bundlePath(folder, 'hosts')) return mount;
		// The flags of /run are locked in another user namespace (mount_namespaces(7)).
		return { ...record, source: path, options: ['bind', 'ro', 'nosuid', 'nodev', 'noexec'] };
	};
	return { ...spec, mounts: mounts.map(replace) };
}

/** Its addresses in the networks that both have. */
function hostIn({ links }: ContainerNetwork, { name, network }: NamedNetwork): NamedHost[] {
	const own = new Set(links.map(({ bridge }) => bridge.name));
	return network.links
		.filter(({ bridge }) => own.has(bridge.name))
		.map(({ addresses }) => ({ name, addresses }));
}

function writeInPlace(path: string, contents: Buffer): void {
	makeFolder(dirname(path));
	const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o644);
	try {
		// A full /run takes a part.
		ftruncateSync(fd, writeSync(fd, contents, 0, contents.length, 0));
	} finally {
		closeSync(fd);
	}
}
