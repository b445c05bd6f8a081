import test from 'ava';
import {
	parsePauseMs,
	poweroff,
	poweroffByShell,
	refuseOwnNamespace,
} from '../../../../pkg/poweroff/poweroff.ts';

for (const [text, ms] of [
	['30', 30_000],
	['0', 0],
	['0.5', 500],
	['2m', 120_000],
	['1d', 86_400_000],
	['', null],
	['-1', null],
	['5 s', null],
	['soon', null],
	['1w', null],
] as const) {
	test(`parsePauseMs() "${text}" is ${ms}`, (t) => t.is(parsePauseMs(text), ms));
}

test('poweroff() refuses what is no time, before anything else', async (t) => {
	await t.throwsAsync(poweroff(['soon']), {
		name: 'AppletError',
		message: /^"soon" is no time\. Expected seconds/,
	});
	await t.throwsAsync(poweroff(['1', '2']), { message: /^"1 2" is no time/ });
});

test('poweroffByShell() runs this one script only', async (t) => {
	await t.throwsAsync(poweroffByShell(['-c', 'ls']), {
		message: /no shell: \/bin\/sh runs \/poweroff\.sh only/,
	});
	await t.throwsAsync(poweroffByShell(['/poweroff.sh', 'soon']), { message: /"soon" is no time/ });
});

test('refuseOwnNamespace() asks for pid: host where PID 1 is not the system’s', (t) => {
	for (const line of ['/init\0', '/init\0--resumed\0', '/sbin/init\0', 'init\0']) {
		t.notThrows(() => refuseOwnNamespace(line));
	}
	t.throws(() => refuseOwnNamespace('/poweroff.sh\x003\0'), { message: /Give it `pid: host`\.$/ });
});
