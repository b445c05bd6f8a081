// The ports that the services of a built system publish (`ports` in the YAML): `network.json` of each has them.

import { tmpdir } from 'node:os';
import { SlipwayError } from '../errors.ts';
import type { TemporaryPaths } from '../files/temporary-paths.ts';
import type { PublishedPort } from '../machine/published-port.ts';
import { hasSystem } from '../machine/system-files.ts';
import { readBuiltContents } from './built-contents.ts';

const networkFile = /^containers\/services\/[^/]+\/network\.json$/;
const hostAddress = '127.0.0.1';

/**
 * Returns each port with the same number on the host. One that the guest has at an address of its own loopback is for the guest alone.
 *
 * @param name - the path of the system's files without their endings
 */
export async function publishedBySystem(name: string, temporary: TemporaryPaths): Promise<PublishedPort[]> {
	if (!hasSystem(name))
		throw new SlipwayError(
			'BAD_INPUT',
			`--publish auto reads the ports of a built system, and ${name} is none: a medium, or a name that is wrong. Name the ports, for example --publish 6379:6379.`,
		);
	const { parts } = await readBuiltContents(name, tmpdir(), temporary, false);
	const texts = parts
		.flatMap(({ files }) => files)
		.flatMap(({ path, text }) => (networkFile.test(path) && text !== null ? [text] : []));
	const ports = texts.flatMap(portsOf);
	if (ports.length > 0) return ports;
	throw new SlipwayError(
		'BAD_INPUT',
		`--publish auto: no service of ${name} has "ports" in its YAML. Name the ports, for example --publish 6379:6379.`,
	);
}

function portsOf(text: string): PublishedPort[] {
	const { ports = [] } = JSON.parse(text) as { readonly ports?: readonly GuestPort[] };
	return ports.flatMap(({ address, port, protocol }) =>
		address?.startsWith('127.') === true
			? []
			: [{ address: hostAddress, hostPort: port, guestPort: port, protocol }],
	);
}

interface GuestPort {
	/** Null for all addresses of the guest. */
	readonly address: string | null;
	readonly port: number;
	readonly protocol: 'tcp' | 'udp';
}
