// Measures what a call of the guest's small programs costs, in the clock that counts instructions (instruction-figures.ts). The baseline is
// the same call by PID 1's executable, which each of them was before native/client and native/helper.

import { startQemu } from '../../../tools/machine/machine.ts';
import { stoppingOnSignals } from '../../../tools/machine/machine-end.ts';
import { findSystem } from '../../../tools/machine/system-files.ts';
import { ownStore } from '../../helpers/own-store.ts';
import { buildSystem } from '../../helpers/system.ts';
import { type Figure, figure } from './figure.ts';
import { countingMachine } from './instruction-figures.ts';
import { watchConsole } from './watch-console.ts';

const callsOf = { ours: 50, baseline: 5 } as const;

interface Program {
	readonly name: string;
	readonly ours: string;
	readonly baseline: string;
}

/** `$i` is the number of the call: the module helper remembers a name that it has refused. */
const programs: readonly Program[] = [
	{ name: 'service list', ours: '$client list', baseline: '$node list' },
	{ name: 'service status NAME', ours: '$client status measure', baseline: '$node status measure' },
	{ name: 'service boot', ours: '$client boot', baseline: '$node boot' },
	{
		name: 'an unknown module',
		ours: 'busybox chroot /proc/1/root /lib/slipway/module-helper -q -- unknown-$i',
		baseline: 'busybox chroot /proc/1/root /sbin/modprobe -q -- unknown-$i',
	},
];

/** Prints `bench: WORDS SECONDS-BEFORE SECONDS-AFTER` on the console. The clock stands still while all processors are idle. */
const script = `
client=/usr/local/bin/service
node=/lib/slipway/service
say() { echo "bench: $*" > /dev/ttyS0; }
uptime() { cut -d ' ' -f 1 /proc/uptime; }
sleep 10
before=$(uptime); $client list > /dev/null; say first $before $(uptime)
${programs.map(measured).join('\n')}
say end
sleep 1000`;

function measured({ ours, baseline }: Program, index: number): string {
	const loop = (side: 'ours' | 'baseline', call: string): string =>
		`i=0; before=$(uptime); while [ $i -lt ${callsOf[side]} ]; do ${call} > /dev/null 2>&1; i=$((i+1)); done; ` +
		`say ${index} ${side} $before $(uptime)`;
	return `${loop('ours', ours)}\n${loop('baseline', baseline)}`;
}

export async function programFigures(note: (figure: Figure) => void): Promise<void> {
	const store = await ownStore('bench-programs');
	const name = await buildSystem('bench-programs', yaml(), '--cache', store.folder);
	const system = findSystem(name);
	const machine = await startQemu((place) => countingMachine(system, place));
	const console = watchConsole(machine);
	await stoppingOnSignals(machine, () =>
		console.until('the last call', (text) => /^bench: end\r?\n/m.test(text)),
	);
	const text = console.text();
	note(figure('programs: the first service list', 's', [secondsOf(text, 'first')]));
	for (const [index, program] of programs.entries()) {
		const perCall = (side: 'ours' | 'baseline'): readonly number[] => [
			secondsOf(text, `${index} ${side}`) / callsOf[side],
		];
		note(figure(`programs: ${program.name}`, 's', perCall('ours'), perCall('baseline')));
	}
}

function secondsOf(text: string, words: string): number {
	const [, before, after] = new RegExp(`^bench: ${words} ([\\d.]+) ([\\d.]+)\\r?$`, 'm').exec(text) ?? [];
	return Number(after) - Number(before);
}

const yaml = (): string => `
kernel:
  image: slipway/kernel:v1
  cmdline: console=ttyS0
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1]
services:
  - name: measure
    image: slipway/shell:v1
    command: ["/bin/sh", "-c", ${JSON.stringify(script)}]
    devices: [{ path: all, type: c }]
`;
