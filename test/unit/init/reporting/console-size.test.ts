import test from 'ava';
import { resizeConsole } from '../../../../init/reporting/console-size.ts';

test('resizeConsole() sets the size, and a machine without a console is no error', (t) => {
	const set: (readonly [rows: number, columns: number])[] = [];
	const native = {
		setWindowSize: (_fd: number, rows: number, columns: number) => void set.push([rows, columns]),
	};
	resizeConsole(native, { rows: 24, columns: 80 }, '/dev/null');
	resizeConsole(native, { rows: 1, columns: 2 }, '/dev/absent');
	t.deepEqual(set, [[24, 80]]);
});
