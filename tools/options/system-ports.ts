// Which ports a system serves, as its YAML and its images say, and by which ports of the host they are reached.

import { networksOf } from '../config/networks.ts';
import { parsePort } from '../config/ports.ts';
import type { ProbeConfig } from '../config/system-config.ts';
import { freePort } from '../machine/free-port.ts';
import type { PublishedPort } from '../machine/published-port.ts';
import { imageOf, type Plan } from '../resolve/plan.ts';

const address = '127.0.0.1';

/** Returns the TCP ports of readiness probes and of images that expose some, in the system's own network, and published ones, sorted. */
export function servedPorts(plan: Plan): number[] {
	const ports = plan.config.services.flatMap(
		({ image, net = 'host', networks, ready, ports: texts = [] }) => {
			if (networksOf({ net, networks }).length > 0) return texts.flatMap(reachedPort);
			// A service in another network is not reached through QEMU.
			if (net !== 'host' && net !== '') return [];
			const { ExposedPorts: exposed = {} } = imageOf(plan, image).config.config;
			return [...probedPorts(ready), ...Object.keys(exposed).flatMap(exposedPort)];
		},
	);
	return [...new Set(ports)].filter((port) => port > 0 && port <= 65_535).toSorted((a, b) => a - b);
}

/** One at the system's own loopback address is for the system alone. */
function reachedPort(text: string): number[] {
	const port = parsePort(text);
	return port === null || port.protocol !== 'tcp' || port.address?.startsWith('127.') === true
		? []
		: [port.port];
}

function probedPorts(probe: ProbeConfig | undefined): number[] {
	if (probe?.tcp !== undefined) return [probe.tcp];
	if (probe?.http === undefined || !URL.canParse(probe.http)) return [];
	const { port, protocol } = new URL(probe.http);
	return [port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)];
}

function exposedPort(text: string): number[] {
	const digits = /^(\d{1,5})(?:\/tcp)?$/.exec(text)?.[1];
	return digits === undefined ? [] : [Number(digits)];
}

/**
 * Adds a port of the host for each served port that is not published yet.
 *
 * @param keepNumbers - whether the host's port is the guest's where it is free; otherwise it is any free one
 */
export async function publishServed(
	plan: Plan,
	published: readonly PublishedPort[],
	keepNumbers: boolean,
): Promise<PublishedPort[]> {
	const all = [...published];
	for (const guestPort of servedPorts(plan)) {
		if (all.some((each) => each.protocol === 'tcp' && each.guestPort === guestPort)) continue;
		const taken = all.some(({ hostPort }) => hostPort === guestPort);
		const hostPort = await freePort(keepNumbers && !taken ? guestPort : 0, address);
		all.push({ address, hostPort, guestPort, protocol: 'tcp' });
	}
	return all;
}

/** Returns a line for each port: how to reach it from the host. */
export function addressLines(published: readonly PublishedPort[]): string[] {
	return published.map(
		({ address: host, hostPort, guestPort, protocol }) =>
			`${host === '0.0.0.0' ? 'any address' : host}:${hostPort} -> port ${guestPort}/${protocol}`,
	);
}
