// The machine as a whole: power, name, modules, clocks, swap, entropy, network interfaces.

import type { Binding } from './binding.ts';
import { ArgumentError, bytes, descriptor, int, text } from './check.ts';
import type { Native } from './native.ts';
import type { Outcome } from './outcome.ts';

type SystemCalls = Pick<
	Native,
	| 'reboot'
	| 'sethostname'
	| 'sync'
	| 'finitModule'
	| 'setRealtimeClock'
	| 'readRtcSeconds'
	| 'setWatchdogTimeout'
	| 'swapon'
	| 'swapoff'
	| 'addEntropy'
	| 'interfaceUp'
	| 'linkCreateVeth'
	| 'linkCreate'
	| 'addressAdd'
	| 'routeAddDefault'
	| 'linkMoveToNetns'
>;

export function systemCalls(binding: Binding, outcome: Outcome): SystemCalls {
	return {
		reboot(command) {
			outcome.of(binding.reboot(int('command', command)), { syscall: 'reboot' });
		},
		sethostname(name) {
			outcome.of(binding.sethostname(text('name', name)), { syscall: 'sethostname' });
		},
		sync() {
			binding.sync();
		},
		finitModule(fd, parameters, flags) {
			const result = binding.finitModule(
				descriptor('fd', fd),
				text('parameters', parameters),
				int('flags', flags),
			);
			outcome.of(result, { syscall: 'finit_module' });
		},
		setRealtimeClock(seconds) {
			if (!Number.isFinite(seconds) || seconds < 0 || seconds > Number.MAX_SAFE_INTEGER) {
				throw new ArgumentError('seconds', 'a time since the epoch', seconds);
			}
			outcome.of(binding.setRealtimeClock(seconds), { syscall: 'clock_settime' });
		},
		readRtcSeconds(fd) {
			return outcome.of(binding.readRtcSeconds(descriptor('fd', fd)), { syscall: 'ioctl' });
		},
		setWatchdogTimeout(fd, seconds) {
			const result = binding.setWatchdogTimeout(descriptor('fd', fd), int('seconds', seconds));
			return outcome.of(result, { syscall: 'ioctl' });
		},
		swapon(path, flags) {
			outcome.of(binding.swapon(text('path', path), int('flags', flags)), { syscall: 'swapon', path });
		},
		swapoff(path) {
			outcome.of(binding.swapoff(text('path', path)), { syscall: 'swapoff', path });
		},
		addEntropy(fd, random, bits) {
			const result = binding.addEntropy(descriptor('fd', fd), bytes('bytes', random), int('bits', bits));
			outcome.of(result, { syscall: 'ioctl' });
		},
		interfaceUp(name) {
			outcome.of(binding.interfaceUp(text('name', name)), { syscall: 'ioctl', path: name });
		},
		linkCreateVeth(name, peer) {
			const result = binding.linkCreate(text('name', name), 'veth', text('peer', peer));
			outcome.of(result, { syscall: 'netlink', path: name, dest: peer });
		},
		linkCreate(name, kind) {
			const result = binding.linkCreate(text('name', name), text('kind', kind), null);
			outcome.of(result, { syscall: 'netlink', path: name });
		},
		addressAdd(name, address, prefixLength) {
			if (!(int('prefixLength', prefixLength) >= 0 && prefixLength <= 32)) {
				throw new ArgumentError('prefixLength', 'a number from 0 to 32', prefixLength);
			}
			const result = binding.addressAdd(text('name', name), fourBytes('address', address), prefixLength);
			outcome.of(result, { syscall: 'netlink', path: name });
		},
		routeAddDefault(name, gateway) {
			const result = binding.routeAddDefault(text('name', name), fourBytes('gateway', gateway));
			outcome.of(result, { syscall: 'netlink', path: name });
		},
		linkMoveToNetns(name, netnsFd) {
			const result = binding.linkMoveToNetns(text('name', name), descriptor('netnsFd', netnsFd));
			outcome.of(result, { syscall: 'netlink', path: name });
		},
	};
}

/** An IPv4 address, as Buffer: that is what C++ reads. */
function fourBytes(argument: string, value: Uint8Array): Buffer {
	const address = Buffer.from(bytes(argument, value));
	if (address.length !== 4) throw new ArgumentError(argument, 'four bytes', value);
	return address;
}
