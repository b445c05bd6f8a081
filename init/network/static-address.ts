// Gives a network card a static address.

import { readdirSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Native } from '../../native/native.ts';
import { addressBytes } from '../../native/text/ip-address.ts';
import type { StaticAddress } from './ip-option.ts';

interface NetworkPlaces {
	/** /sys/class/net */
	readonly devices: string;
	/** How long to wait for a card, which needs its driver first. */
	readonly waitMs: number;
}

const pollMs = 50;
/** Of what is no address, which parsing has refused. */
const noBytes = new Uint8Array();

/** Returns the name of the device; throws when there is none in time. */
export async function setStaticAddress(
	native: Pick<Native, 'interfaceUp' | 'addressAdd' | 'routeAddDefault'>,
	settings: StaticAddress,
	places: NetworkPlaces,
): Promise<string> {
	const device = await waitForDevice(settings.device, places);
	native.interfaceUp(device);
	native.addressAdd(device, addressBytes(settings.address) ?? noBytes, settings.prefixLength);
	if (settings.gateway !== null) native.routeAddDefault(device, addressBytes(settings.gateway) ?? noBytes);
	return device;
}

async function waitForDevice(wanted: string | null, { devices, waitMs }: NetworkPlaces): Promise<string> {
	const deadline = performance.now() + waitMs;
	for (;;) {
		const present = readdirSync(devices).sort();
		// Only cards and the loopback exist this early: no bridges and tunnels.
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

/** Writes a resolv.conf(5). */
export function writeNameServers(file: string, servers: readonly string[]): void {
	writeFileSync(file, servers.map((server) => `nameserver ${server}\n`).join(''));
}
