import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { outOfMemoryNote } from '../../../../supervisor/process/memory-events.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const notes = test.macro({
	exec(t, events: string, max: string, expected: string) {
		const root = scratchFolder(t);
		mkdirSync(join(root, 'a'));
		writeFileSync(join(root, 'a/memory.events'), events);
		writeFileSync(join(root, 'a/memory.max'), max);
		t.is(outOfMemoryNote(root, '/a'), expected);
	},
	title: (_, events: string, max: string) =>
		`outOfMemoryNote() of ${JSON.stringify(events)} and a limit of ${JSON.stringify(max)}`,
});

const events = (kills: number): string =>
	`low 0\nhigh 0\nmax 12\noom 1\noom_kill ${kills}\noom_group_kill 9\n`;
test(notes, events(0), '16777216\n', '');
test(notes, events(1), '16777216\n', '; killed because it is out of memory (its limit is 16 MiB)');
test(notes, events(2), 'max\n', '; killed because it is out of memory (the system has none left)');
test(notes, '', '', '');

test('outOfMemoryNote() is empty without a cgroup, and for a removed one', (t) => {
	t.is(outOfMemoryNote('/sys/fs/cgroup', null), '');
	t.is(outOfMemoryNote('/nowhere', '/a'), '');
});
