import test from 'ava';
import { addonFile, openAddon } from '../../helpers/addon.ts';
import { bits } from '../../unit/native/bits.ts';
import { codeOf } from '../../unit/native/failure-of.ts';
import { fixturePath, fixtureResult } from '../../unit/native/run-fixture.ts';

const native = await openAddon();

const ends = test.macro({
	async exec(t, command: string, signal: string) {
		const pid = native.spawn({
			path: process.execPath,
			args: [
				process.execPath,
				'--no-warnings',
				fixturePath('deadline.ts'),
				await addonFile(),
				'hang',
				command,
			],
			env: [],
			stdio: [0, 1, 2],
			namespaces: bits(native, 'CLONE_NEWPID'),
		});
		t.deepEqual(native.waitpid(pid, 0), { pid, exitCode: null, signal });
	},
	title: (_, command, signal) => `armDeadline(${command}) ends an init whose JavaScript hangs by ${signal}`,
});

test(ends, 'RB_AUTOBOOT', 'SIGHUP');
test(ends, 'RB_POWER_OFF', 'SIGINT');

test('armDeadline() tells a refused reboot and then writes the key; one that is replaced or disarmed does nothing', async (t) => {
	t.deepEqual(await fixtureResult('deadline.ts'), {
		replacement: 'replacement is over\nslipway: reboot: Invalid argument\nb',
		replaced: '',
		disarmed: '',
	});
});

test('armDeadline() takes whole milliseconds and real descriptors only', (t) => {
	const deadline = {
		...({ rebootAtMs: 2 ** 50, command: 0, triggerAtMs: 2 ** 50, triggerFd: null } as const),
		...({ key: 'o', noticeFd: null, notice: '' } as const),
	};
	for (const wrong of [{ rebootAtMs: 0.5 }, { triggerAtMs: -1 }, { triggerFd: -1 }, { notice: 'a\0b' }]) {
		t.is(
			codeOf(() => native.armDeadline({ ...deadline, ...wrong })),
			'ERR_INVALID_ARG',
		);
	}
});
