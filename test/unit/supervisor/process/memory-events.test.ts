import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { wantOfMemory } from '../../../../supervisor/process/memory-events.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const tells = test.macro({
	exec(t, events: string, max: string, expected: string) {
		const root = scratchFolder(t);
		mkdirSync(join(root, 'a'));
		writeFileSync(join(root, 'a/memory.events'), events);
		writeFileSync(join(root, 'a/memory.max'), max);
		t.is(wantOfMemory(root, '/a'), expected);
	},
	title: (_, events: string, max: string) =>
		`wantOfMemory() of ${JSON.stringify(events)} and a limit of ${JSON.stringify(max)}`,
});

const events = (kills: number): string =>
	`low 0\nhigh 0\nmax 12\noom 1\noom_kill ${kills}\noom_group_kill 9\n`;
test(tells, events(0), '16777216\n', '');
test(tells, events(1), '16777216\n', '; killed for want of memory (it had 16 MiB)');
test(tells, events(2), 'max\n', '; killed for want of memory (the system had none left)');
test(tells, '', '', '');

test('wantOfMemory() where there is no cgroup, or it is gone', (t) => {
	t.is(wantOfMemory('/sys/fs/cgroup', null), '');
	t.is(wantOfMemory('/nowhere', '/a'), '');
});
