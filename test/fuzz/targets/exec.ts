// `service exec`: its command line, the container's users, and the process that a bundle describes.

import { asContainerProcess } from '../../../supervisor/cli/exec/container-process.ts';
import { findUser, homeOf } from '../../../supervisor/cli/exec/container-user.ts';
import { parseExecArguments } from '../../../supervisor/cli/exec/exec-arguments.ts';
import { planExec } from '../../../supervisor/cli/exec/exec-plan.ts';
import { parseNotifyMessage } from '../../../supervisor/probes/notify-protocol.ts';
import { type FuzzTarget, Violation } from '../engine/target.ts';
import { isShapeOrUsage } from '../support/guest-errors.ts';
import { jsonWords } from '../support/json-words.ts';
import { tryJson } from '../support/try-json.ts';

const request = { name: 'x', command: ['ls'], terminal: null, env: ['A'], workdir: null } as const;
const maxCommandLength = 4096;
const constants = { CAP_KILL: 5, CAP_SYS_ADMIN: 21, RLIMIT_NOFILE: 7 };

export const target: FuzzTarget = {
	seeds: [
		'-t -u a:b -e A=B name -- ls -l',
		'root:x:0:0::/root:/bin/sh\nadm:x:4:root,a\na:x:1000:1000::/home/a:\n',
		'{"user":{"uid":1,"additionalGids":[2]},"env":["A=b","PATH=/x"],"capabilities":{"bounding":["CAP_KILL"]},"rlimits":[{"type":"RLIMIT_NOFILE","soft":1,"hard":18446744073709551615}]}',
		'READY=1\nSTATUS=x\nWATCHDOG_USEC=5\nMAINPID=2',
	],
	words: [
		...jsonWords,
		'--',
		'-u ',
		' -e ',
		'=',
		':',
		'\n',
		'4294967295',
		'WATCHDOG=1',
		'EXTEND_TIMEOUT_USEC=',
		'STOPPING=1',
	],
	declares: isShapeOrUsage,
	run(input) {
		const text = input.toString('utf8');
		parseNotifyMessage(input);
		homeOf(0, text);
		for (const name of ['root', 'a:adm', '1000', text.slice(0, 20)]) checkUser(name, text);
		const value = tryJson(input);
		if (value === undefined) {
			// Whoever types the command is root, and Node's parser takes quadratic time for it.
			parseExecArguments(text.slice(0, maxCommandLength).split(' '));
			return;
		}
		const container = asContainerProcess(value);
		const plan = planExec(
			{ ...request, user: null },
			container,
			{ passwd: '', group: '' },
			{ env: { A: 'b' }, terminal: true },
			constants,
		);
		for (const mask of Object.values(plan.capabilities)) {
			if (!Number.isSafeInteger(mask)) throw new Violation(`the capabilities ${mask}`);
		}
	},
};

function checkUser(name: string, file: string): void {
	try {
		const { uid, gid, groups } = findUser(name, { passwd: file, group: file });
		for (const id of [uid, gid, ...groups])
			if (!(id >= 0 && id < 2 ** 32 - 1)) throw new Violation(`the id ${id}`);
	} catch (error) {
		if (!(error instanceof Error) || !/^There is no (user|group) /.test(error.message)) throw error;
	}
}
