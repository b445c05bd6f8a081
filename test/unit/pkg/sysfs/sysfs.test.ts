import { readFileSync } from 'node:fs';
import test from 'ava';
import { sysfs } from '../../../../pkg/sysfs/sysfs.ts';
import { recordingHost } from '../../../helpers/recording-host.ts';
import { projectFolder } from '../../tools/package/made-up-debian.ts';

test('sysfs() writes what the files say, with or without the folder before it', (t) => {
	const folder = projectFolder(t, { 'sys/kernel/mm/enabled': '', 'sys/kernel/x': '', 'sys/kernel/y': '' });
	const lines = `kernel/mm/enabled = madvise\n/kernel/x=1\n${folder}/sys/kernel/y=2\n-kernel/absent=1\n`;
	const conf = projectFolder(t, { '00.conf': lines });
	const { host, warned } = recordingHost();
	t.is(sysfs(['-configDir', conf, '-sysfsDir', `${folder}/sys`], host), 0);
	t.deepEqual(
		['mm/enabled', 'x', 'y'].map((path) => readFileSync(`${folder}/sys/kernel/${path}`, 'utf8')),
		['madvise\n', '1\n', '2\n'],
	);
	t.deepEqual(warned, []);
});

test('sysfs() exits with 1 for a line that can’t be done, after it has done the others', (t) => {
	const folder = projectFolder(t, {
		'etc/00.conf': 'a/absent = 1\n../../x = 2\nnonsense\na/b = 3',
		'sys/a/b': '',
	});
	const { host, warned } = recordingHost();
	t.is(sysfs([`--configDir=${folder}/etc`, `--sysfsDir=${folder}/sys`], host), 1);
	t.is(readFileSync(`${folder}/sys/a/b`, 'utf8'), '3\n');
	t.deepEqual(
		warned.map((line) => line.replaceAll(folder, '')),
		[
			'/etc/00.conf:3: "nonsense" is not KEY = VALUE.',
			'/etc/00.conf:1: /sys/a/absent is not set to "1": this system has no /sys/a/absent',
			'/etc/00.conf:2: /sys/x is not set to "2": this system has no /sys/x',
		],
	);
});
