import test from 'ava';
import { showPowerOff } from '../../../../tools/options/power-off-progress.ts';

function shown(isTTY: boolean) {
	let nowMs = 0;
	let redraw = (): void => undefined;
	let text = '';
	const clock = {
		nowMs: () => nowMs,
		every(_: number, callback: () => void) {
			redraw = callback;
			return () => undefined;
		},
	};
	const write = (each: string): void => {
		text += each;
	};
	const terminal = { isTTY, columns: 80, write };
	return {
		progress: showPowerOff(['web', 'db'], terminal, clock),
		after(laterMs: number): string {
			text = '';
			nowMs += laterMs;
			redraw();
			return text;
		},
	};
}

test.before(() => {
	// What is read of the environment is whether this is a CI system, and a dumb terminal.
	delete process.env['CI'];
	process.env['TERM'] = 'xterm';
});

test('showPowerOff() names the machines that are waited for, on a terminal', (t) => {
	const { progress, after } = shown(true);
	t.is(after(900), '');
	t.is(after(4100), '\r\u001b[Kpowering off  5 s  web db');
	progress.ended('web');
	t.is(after(1000), '\r\u001b[Kpowering off  6 s  db');
});

test('showPowerOff() writes nothing to a file', (t) => {
	const { progress, after } = shown(false);
	t.is(after(60_000), '');
	progress.ended('web');
	progress.end();
	t.is(after(60_000), '');
});
