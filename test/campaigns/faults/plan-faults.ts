// Which faults a campaign makes, and in what order. Pure: the same seed gives the same campaign.

/** Every kind, with the services that it can befall; none where it befalls the machine. */
export const faultTargets = {
	'kill service': ['redis', 'web', 'deaf', 'notifier', 'chatter', 'hungry', 'worker'],
	'kill shim': ['redis', 'web', 'deaf', 'notifier', 'chatter', 'hungry', 'worker'],
	'kill containerd': [],
	'kill containerd and service': ['redis', 'web', 'worker'],
	'kill what is not restarted': ['once'],
	'end well': ['worker'],
	'PID 1: null pointer': [],
	'PID 1: abort': [],
	'PID 1: full heap': [],
	'PID 1: uncaught error': [],
	'PID 1: SIGSEGV from outside': [],
	'PID 1: SIGABRT from outside': [],
	'PID 1: null pointer while a service ends': ['redis', 'web', 'worker'],
	'1000 orphans': [],
	'1000 orphans in a container': [],
	'full /var/log': [],
	'full /run, and PID 1 crashes': [],
	'disk pulled out': [],
	'kill -9 -1 from a container': [],
	'garbage on the control socket': [],
	'restart of the deaf': ['deaf'],
	'stop and start': ['deaf', 'redis', 'notifier'],
	'clock jumps a year': [],
	'no memory left': [],
	'service over its memory': ['hungry'],
	'loss of health': ['web'],
	'link removed': ['deaf', 'worker'],
	'rules flushed': ['worker'],
	'kill containerd as a service starts': ['worker'],
	'kill a run': [],
	'kill the client of a run': [],
	'PID 1: null pointer while a run ends': [],
	'missed watchdog': ['notifier'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type FaultKind = keyof typeof faultTargets;

export interface Fault {
	readonly kind: FaultKind;
	/** The service that it befalls. */
	readonly service: string;
	/** For what is left to chance in it: a whole number below 1000. */
	readonly chance: number;
}

export const faultKinds = Object.keys(faultTargets) as readonly FaultKind[];

/** `count` faults: all kinds once in random order, then all again, so that none is left out. */
export function planFaults(
	seed: number,
	count: number,
	kinds: readonly FaultKind[] = faultKinds,
): readonly Fault[] {
	const random = randomNumbers(seed);
	const below = (limit: number): number => Math.floor(random() * limit);
	const faults: Fault[] = [];
	while (faults.length < count) {
		for (const kind of shuffled(kinds, below)) {
			const targets: readonly string[] = faultTargets[kind];
			faults.push({ kind, service: targets[below(targets.length)] ?? '', chance: below(1000) });
		}
	}
	return faults.slice(0, count);
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], below: (limit: number) => number): readonly T[] {
	const left = [...items];
	return items.flatMap(() => left.splice(below(left.length), 1));
}

/** Numbers from 0 up to 1; mulberry32, which is small and good enough to shuffle. */
function randomNumbers(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
