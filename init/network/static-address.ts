// Gives a network card a fixed address, and tells DHCP's client (pkg/dhcpcd) to leave it alone.

import { readdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Native } from '../../native/native.ts';
import { addressBytes, type StaticAddress } from './ip-option.ts';

interface NetworkPlaces {
	/** /sys/class/net */
	readonly devices: string;
	/** A card takes a moment until its driver is there. */
	readonly waitMs: number;
}

const pollMs = 50;

/** Returns the name of the device; throws where none is there in time. */
export async function setStaticAddress(
	native: Pick<Native, 'interfaceUp' | 'addressAdd' | 'routeAddDefault'>,
	settings: StaticAddress,
	places: NetworkPlaces,
): Promise<string> {
	const device = await waitForDevice(settings.device, places);
	native.interfaceUp(device);
	native.addressAdd(device, Uint8Array.from(addressBytes(settings.address)), settings.prefixLength);
	if (settings.gateway !== null) {
		native.routeAddDefault(device, Uint8Array.from(addressBytes(settings.gateway)));
	}
	return device;
}

async function waitForDevice(wanted: string | null, { devices, waitMs }: NetworkPlaces): Promise<string> {
	const deadline = performance.now() + waitMs;
	for (;;) {
		const present = readdirSync(devices).sort();
		// The loopback is up already; what is no card (bridges, tunnels) is not there this early.
		const found =
			wanted === null ? present.find((name) => name !== 'lo') : present.find((name) => name === wanted);
		if (found !== undefined) return found;
		if (performance.now() >= deadline) {
			const what = wanted === null ? 'no network card' : `no network device ${wanted}`;
			throw new Error(`${what} after ${waitMs / 1000} s; there is ${present.join(', ')}`);
		}
		await sleep(pollMs);
	}
}

/** resolv.conf(5) */
export function writeNameServers(file: string, servers: readonly string[]): void {
	writeFileSync(file, servers.map((server) => `nameserver ${server}\n`).join(''));
}
