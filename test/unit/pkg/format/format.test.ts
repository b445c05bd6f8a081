import test from 'ava';
import { format } from '../../../../pkg/format/format.ts';
import { refuses } from '../applet/refuses.ts';

test(refuses, format, ['/dev/vda', '/dev/vdb'], 2, /^Too many arguments provided/);
test(refuses, format, ['-type', 'zfs'], 2, /^there is no type "zfs"/);
test(refuses, format, ['-label', 'x'.repeat(17)], 2, /at most 16/);
test(refuses, format, ['-force'], 2, /^-force wants a DRIVE/);
test(refuses, format, ['-partition', '1'], 2, /^-partition wants a DRIVE/);
test(refuses, format, ['-bogus'], 2, /-bogus/);
test(
	refuses,
	format,
	['-wait', '0', '/dev/nowhere'],
	1,
	/^there is no disk or partition \/dev\/nowhere. Nothing was written/,
);
test(refuses, format, ['-wait', '0', '-device', 'LABEL=nobody-has-it'], 1, /LABEL=nobody-has-it/);
