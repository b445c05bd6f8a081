import test from 'ava';
import { availableMemoryBytes } from '../../../../native/linux/available-memory.ts';

test('availableMemoryBytes() reads MemAvailable, and nothing else', (t) => {
	t.is(availableMemoryBytes('MemTotal: 9 kB\nMemAvailable:   40000 kB\nBuffers: 3 kB\n'), 40_000 * 1024);
	for (const text of ['', 'MemTotal: 9 kB\n', 'MemAvailable: many kB\n']) t.is(availableMemoryBytes(text), 0);
	t.true(availableMemoryBytes() > 0, "this machine's");
});
