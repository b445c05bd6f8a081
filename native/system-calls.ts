// The calls for the machine as a whole: power, name, modules, clocks, swap, entropy, network interfaces.

import { fd, flags, path } from './arguments.ts';
import { argument, call, cannotFail, none, number, place } from './call.ts';
import { ArgumentError, bytes, descriptor, int, text } from './check.ts';
import type { Code, Outcome } from './outcome.ts';

const command = argument<[command: number]>('command', int);
const hostname = argument<[name: string]>('name', text);
const parameters = argument<[parameters: string]>('parameters', text);
const clockSeconds = argument<[seconds: number]>('seconds', timeSinceEpoch);
const seconds = argument<[seconds: number]>('seconds', int);
const random = argument<[bytes: Uint8Array]>('bytes', bytes);
const bits = argument<[bits: number]>('bits', int);
const name = place<[name: string]>('name', text);
const address = argument<[address: Uint8Array]>('address', ipAddress);
const prefixLength = argument<[prefixLength: number]>('prefixLength', upTo128);
const gateway = argument<[gateway: Uint8Array]>('gateway', ipAddress);
const messageType = argument<[messageType: number]>('messageType', int);
const messageBody = argument<[body: Uint8Array]>('body', messageBytes);
const namespaceFd = argument<[namespaceFd: number]>('namespaceFd', descriptor);
const netnsFd = argument<[netnsFd: number]>('netnsFd', descriptor);

export const systemCalls = {
	/** `reboot(2)` with one of the `RB_*` constants. In a pid namespace that is not the first it kills init. */
	reboot: call('reboot', [command], none),
	sethostname: call('sethostname', [hostname], none),
	sync: call('sync', [], cannotFail),
	/** `finit_module(2)`. */
	finitModule: call('finit_module', [fd, parameters, flags], none),
	/** `clock_settime(CLOCK_REALTIME)`. */
	setRealtimeClock: call('clock_settime', [clockSeconds], none),
	/** `ioctl(RTC_RD_TIME)` of an open RTC device: returns the seconds since the epoch, UTC. */
	readRtcSeconds: call('ioctl', [fd], number),
	/** WDIOC_SETTIMEOUT: returns the seconds that the device has set. */
	setWatchdogTimeout: call('ioctl', [fd, seconds], number),
	/** `swapon(2)` of a file or a device that has a swap header. */
	swapon: call('swapon', [path, flags], none),
	swapoff: call('swapoff', [path], none),
	/** RNDADDENTROPY (`random(4)`) on an open /dev/random: adds bytes to the kernel's pool, which count for `bits`. */
	addEntropy: call('ioctl', [fd, random, bits], none),
	/** Sets `IFF_UP` on an interface of this network namespace. */
	interfaceUp: call('ioctl', [name], none),
	/** Adds an address of four bytes (IPv4) or sixteen (IPv6) to an interface; does nothing when it has the address already. */
	addressAdd: call('netlink', [name, address, prefixLength], none),
	/** Sets the default route of the gateway's kind of address; replaces an existing one. */
	routeAddDefault: call('netlink', [name, gateway], none),
	/**
	 * Sends one request to rtnetlink(7) and takes its acknowledgement. `body` has what follows the header
	 * (native/linux/rtnetlink.ts), at most 400 bytes.
	 */
	routeNetlink: call('netlink', [messageType, flags, messageBody], none),
	/** Binds a new network namespace to an existing file, which keeps it (`ip-netns(8)`). Its loopback interface is down. */
	makeNetworkNamespace: call('unshare', [path], none),
	/** Returns the index of an interface in the network namespace of `namespaceFd`. ENODEV: there is none of that name. */
	interfaceIndexIn: call('if_nametoindex', [namespaceFd, name], number),
	/** As `routeNetlink`, in the network namespace of `namespaceFd`. */
	routeNetlinkIn: call('netlink', [namespaceFd, messageType, flags, messageBody], none),
	/** Moves an interface, by netlink, to the network namespace of `netnsFd`, under its present name. */
	linkMoveToNetns: call('netlink', [name, netnsFd], none),
};

/** Not in the table: C++ has one function for both. */
export interface LinkCalls {
	/** Makes a pair of connected interfaces in this network namespace (`veth(4)`). */
	linkCreateVeth(name: string, peer: string): void;
	/** Makes an interface of a kind that needs only a name, such as `dummy`, `wireguard` and `bridge`. */
	linkCreate(name: string, kind: string): void;
}

export interface RawLinkCalls {
	linkCreate(name: string, kind: string, peer: string | null): Code;
}

export function linkCalls(binding: RawLinkCalls, outcome: Outcome): LinkCalls {
	return {
		linkCreateVeth(name, peer) {
			const result = binding.linkCreate(text('name', name), 'veth', text('peer', peer));
			outcome.of(result, { syscall: 'netlink', path: name, dest: peer });
		},
		linkCreate(name, kind) {
			const result = binding.linkCreate(text('name', name), text('kind', kind), null);
			outcome.of(result, { syscall: 'netlink', path: name });
		},
	};
}

function timeSinceEpoch(argument: string, value: number): number {
	if (!Number.isFinite(value) || value < 0 || value > Number.MAX_SAFE_INTEGER) {
		throw new ArgumentError(argument, 'a time since the epoch', value);
	}
	return value;
}

function upTo128(argument: string, value: number): number {
	if (int(argument, value) >= 0 && value <= 128) return value;
	throw new ArgumentError(argument, 'a number from 0 to 128', value);
}

/** Returns an IP address as a Buffer, which C++ reads. */
function ipAddress(argument: string, value: Uint8Array): Buffer {
	const address = Buffer.from(bytes(argument, value));
	if (address.length !== 4 && address.length !== 16)
		throw new ArgumentError(argument, 'four bytes or sixteen', value);
	return address;
}

function messageBytes(argument: string, value: Uint8Array): Buffer {
	return Buffer.from(bytes(argument, value));
}
