// Wrappers of runc and of containerd's shim for a supervised guest: each stops before and after its work when a test asks
// for that, so that the test can kill or stop a process at exactly this step of a start.

import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../helpers/eventually.ts';
import { findProgram } from '../helpers/program.ts';

/** A moment at which a wrapper can stop, in the order of a start. */
export const heldSteps = [
	'shim-start.before',
	'shim-start.after',
	'runc-create.before',
	'runc-create.after',
	'runc-start.before',
	'runc-start.after',
] as const;

export type HeldStep = (typeof heldSteps)[number];

export interface HeldPrograms {
	/** The next program that comes to this step stops there. */
	hold(step: HeldStep): void;
	/** Resolves with the pid of the wrapper once one has stopped there. */
	reached(step: HeldStep): Promise<number>;
	/** Lets it go on. */
	release(step: HeldStep): void;
}

/** To be called before the guest starts containerd. */
export function holdPrograms(root: string): HeldPrograms {
	const bin = join(root, 'bin');
	const holds = join(root, 'hold');
	for (const folder of [bin, holds]) mkdirSync(folder);
	const program = (name: string, text: string): void => {
		writeFileSync(join(bin, name), `#!/bin/sh\n${text}`);
		chmodSync(join(bin, name), 0o755);
	};
	const real = (name: string): string => findProgram(name) ?? '';
	program('containerd', `PATH=${bin}:$PATH exec ${real('containerd')} "$@"\n`);
	program('runc', wrapper('runc', 'create|start', real('runc'), holds));
	program('containerd-shim-runc-v2', wrapper('shim', 'start', real('containerd-shim-runc-v2'), holds));
	const pidFile = (step: HeldStep): string => join(holds, `${step}.pid`);
	return {
		hold: (step) => writeFileSync(join(holds, step), ''),
		async reached(step) {
			const isThere = () => existsSync(pidFile(step)) && readFileSync(pidFile(step), 'utf8').endsWith('\n');
			await eventually(isThere, { pauseMs: 10, what: step });
			return Number(readFileSync(pidFile(step), 'utf8'));
		},
		release: (step) => rmSync(pidFile(step), { force: true }),
	};
}

/** Only the first program stops: `mv` succeeds once. */
function wrapper(name: string, words: string, program: string, holds: string): string {
	return `
word=
for each in "$@"; do
	case $each in ${words}) word=$each; break ;; esac
done
hold() {
	mv "${holds}/${name}-$word.$1" "${holds}/taken" 2> /dev/null || return 0
	echo $$ > "${holds}/${name}-$word.$1.pid"
	while [ -e "${holds}/${name}-$word.$1.pid" ]; do sleep 0.02; done
}
hold before
${program} "$@"
status=$?
hold after
exit $status
`;
}
